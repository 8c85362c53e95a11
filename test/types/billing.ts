import { z } from 'zod';
import { type Bindings, email, pipeline, type ShapeOf, stream, table, tumbling } from '../../lib/index.ts';
import type { EffectBinding } from '../../lib/ports/effect.ts';
import type { SinkBinding } from '../../lib/ports/sink.ts';
import type { SourceBinding } from '../../lib/ports/source.ts';
import type { Equal, Expect } from './equal.ts';

/** The pipeline of the README: inferred from the schema to the mail, with no annotation on any step. */

const UsageEvent = z.object({
  eventId: z.string(),
  customerId: z.string(),
  contact: z.email(),
  usedAt: z.coerce.date<string>(),
  units: z.int().positive(),
  unitPriceMicros: z.int(),
});

export const billing = pipeline('billing', { checkpoint: { every: { seconds: 60 } } })
  .source('usage', stream({ schema: UsageEvent, onInvalid: 'dead-letter' }))
  .eventTime((e) => e.usedAt, { outOfOrderness: { minutes: 5 }, idleAfter: { minutes: 1 } })
  .dedupe('once-per-event', { by: (e) => e.eventId, within: { hours: 24 } })
  .keyBy((e) => e.customerId)
  .window(tumbling({ hours: 1 }), { allowedLateness: { minutes: 10 }, late: 'dead-letter' })
  .aggregate('hourly-usage', {
    init: () => ({ units: 0, amountMicros: 0, contact: '' }),
    add: (sum, e) => ({
      units: sum.units + e.units,
      amountMicros: sum.amountMicros + e.units * e.unitPriceMicros,
      contact: e.contact,
    }),
    merge: (a, b) => ({ units: a.units + b.units, amountMicros: a.amountMicros + b.amountMicros, contact: b.contact }),
  })
  .map(({ key, window, value }) => ({ customerId: key, hour: window.start.toISOString(), ...value }))
  .to('invoices', table({ key: (i) => ({ pk: i.customerId, sk: i.hour }), commit: 'atomic-rows' }))
  .afterCommit(
    'receipt',
    email({
      idempotencyKey: (i) => `${i.customerId}/${i.hour}`,
      message: (i) => ({ to: i.contact, subject: `Usage ${i.hour}`, text: `${i.units} units` }),
    }),
  );

type S = ShapeOf<typeof billing>;
interface UsageInput {
  eventId: string;
  customerId: string;
  contact: string;
  usedAt: string;
  units: number;
  unitPriceMicros: number;
}
interface Invoice {
  units: number;
  amountMicros: number;
  contact: string;
  customerId: string;
  hour: string;
}
export type Checks = [
  Expect<Equal<keyof S['sources'], 'usage'>>,
  Expect<Equal<keyof S['sinks'], 'invoices'>>,
  Expect<Equal<keyof S['effects'], 'receipt'>>,
  Expect<Equal<S['sources']['usage'] extends UsageInput ? true : false, true>>,
  Expect<Equal<UsageInput extends S['sources']['usage'] ? true : false, true>>,
  Expect<Equal<S['sinks']['invoices'] extends Invoice ? true : false, true>>,
  Expect<Equal<Invoice extends S['sinks']['invoices'] ? true : false, true>>,
  Expect<Equal<S['effects']['receipt'], { readonly to: string; readonly subject: string; readonly text: string }>>,
];

declare const source: SourceBinding;
declare const sink: SinkBinding;
declare const effect: EffectBinding;
declare function run(bindings: Bindings<typeof billing>): void;

run({ sources: { usage: source }, sinks: { invoices: sink }, effects: { receipt: effect } });
// @ts-expect-error the effect is not bound
run({ sources: { usage: source }, sinks: { invoices: sink } });
// @ts-expect-error the source is not bound
run({ sources: {}, sinks: { invoices: sink }, effects: { receipt: effect } });
// @ts-expect-error the source is misspelt
run({ sources: { usages: source }, sinks: { invoices: sink }, effects: { receipt: effect } });
// @ts-expect-error a sink cannot stand for a source
run({ sources: { usage: sink }, sinks: { invoices: sink }, effects: { receipt: effect } });
