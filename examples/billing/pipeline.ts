import { email, fileSink, files, pipeline, table, tumbling } from '../../lib/index.ts';
import { noticeOf, toInvoice, type Usage } from './invoice.ts';
import { UNIT_PRICE_MICROS } from './prices.ts';
import { usageEvent } from './usage-event.ts';

/**
 * Hourly invoices from usage events. Events come out of order and some come twice; the process may die at any time.
 * Each invoice is written once, to files and to a table, and announced by one mail.
 */
const billing = pipeline('billing', { checkpoint: { every: { milliseconds: 500 } } });

const invoices = billing
  .source('usage', files({ schema: usageEvent, onInvalid: 'dead-letter' }))
  .eventTime((event) => event.usedAt, { outOfOrderness: { minutes: 5 } })
  // A copy may come from another partition: this brings the copies of an event together.
  .dedupe('once-per-event', { by: (event) => event.eventId, within: { hours: 24 } })
  .keyBy((event) => event.customerId)
  .window(tumbling({ hours: 1 }), { allowedLateness: { minutes: 10 }, late: 'dead-letter' })
  .aggregate('hourly-usage', {
    init: (): Usage => ({ events: 0, units: 0, amountMicros: 0 }),
    add: (usage, event) => {
      usage.events += 1;
      usage.units += event.quantity;
      usage.amountMicros += event.quantity * UNIT_PRICE_MICROS[event.meter];
      return usage;
    },
    // Senders add up what they have before it travels: a customer with many events is no bottleneck.
    merge: (left, right) => ({
      events: left.events + right.events,
      units: left.units + right.units,
      amountMicros: left.amountMicros + right.amountMicros,
    }),
  })
  .map(toInvoice);

// Both sinks commit with the same checkpoint or not at all.
const archive = invoices.to('archive', fileSink());
const ledger = invoices
  .to(
    'ledger',
    table({ key: (invoice) => ({ pk: invoice.customerId, sk: invoice.windowStart }), commit: 'atomic-rows' }),
  )
  // At least once, after the commit: whoever sends the mails ignores a key that it has seen.
  .afterCommit('notices', email({ idempotencyKey: ({ invoiceId }) => `invoice-${invoiceId}`, message: noticeOf }));

export default billing.build(archive, ledger);
