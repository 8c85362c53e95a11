import { fileSink, files, pipeline, tumbling } from '../../lib/index.ts';
import { landingFeeCents } from './fee.ts';
import { flight } from './flight.ts';

/** Landing fees of each airport and day, from the flights that go there. */
export default pipeline('flights', { checkpoint: { every: { seconds: 1 } } })
  .source('flights', files({ schema: flight, onInvalid: 'dead-letter' }))
  // Each file is in the order of departure.
  .eventTime(({ departsAt }) => departsAt)
  .keyBy(({ destination }) => destination)
  .window(tumbling({ days: 1 }), { late: 'dead-letter' })
  .aggregate('landings', {
    init: () => ({ landings: 0, feeCents: 0 }),
    add: (day, landing) => ({ landings: day.landings + 1, feeCents: day.feeCents + landingFeeCents(landing) }),
    merge: (left, right) => ({ landings: left.landings + right.landings, feeCents: left.feeCents + right.feeCents }),
  })
  .map(({ key, window, value }) => ({ airport: key, day: window.start.toISOString().slice(0, 10), ...value }))
  .to('fees', fileSink());
