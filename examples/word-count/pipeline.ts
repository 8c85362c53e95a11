import { fileSink, files, pipeline, tumbling } from '../../lib/index.ts';
import { line } from './line.ts';

const words = ({ text }: { readonly text: string }) => text.toLowerCase().match(/\p{Letter}+/gu) ?? [];

/** How often each word is said a minute, by two speakers together. */
const wordCount = pipeline('word-count', { checkpoint: { every: { seconds: 1 } } });

const a = wordCount
  .source('a', files({ schema: line, onInvalid: 'dead-letter' }))
  .eventTime(({ at }) => at, { outOfOrderness: { seconds: 5 } })
  .flatMap(words);

const b = wordCount
  .source('b', files({ schema: line, onInvalid: 'dead-letter' }))
  .eventTime(({ at }) => at, { outOfOrderness: { seconds: 5 } })
  .flatMap(words);

// What counts the words hears both: it takes its part of a checkpoint when the barriers of both have come.
export default a
  .union(b)
  .keyBy((word) => word)
  .window(tumbling({ minutes: 1 }), { late: 'dead-letter' })
  .aggregate('count', { init: () => 0, add: (count) => count + 1, merge: (left, right) => left + right })
  .map(({ key, window, value }) => ({ word: key, minute: window.start.toISOString(), count: value }))
  .to('counts', fileSink());
