// One-minute sums of {eventId, customerId, amountCents, ts} by customer, into files. From the built library.
const library = new URL('../dist/lib/index.js', import.meta.url).href;
const { fileSink, files, json, pipeline, tumbling } = await import(library);

export const usageSums = pipeline('usage-sums', { checkpoint: { every: { seconds: 1 } } })
  .source('usage', files({ schema: json(), onInvalid: 'dead-letter' }))
  .eventTime((event) => event.ts, { outOfOrderness: { seconds: 10 } })
  .keyBy((event) => event.customerId)
  .window(tumbling({ minutes: 1 }), { allowedLateness: { seconds: 0 }, late: 'dead-letter' })
  .aggregate('sums', {
    init: () => ({ count: 0, cents: 0 }),
    add: (sum, event) => ({ count: sum.count + 1, cents: sum.cents + event.amountCents }),
    merge: (left, right) => ({ count: left.count + right.count, cents: left.cents + right.cents }),
  })
  .map(({ key, window, value }) => ({ customerId: key, minute: window.start.toISOString(), ...value }))
  .to('rows', fileSink());
