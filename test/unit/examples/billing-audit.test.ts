import { audit } from '../../../examples/billing/audit.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { auditInput, billingCase, invoice, lateLetter, noticeFor, type Outputs } from './billing-case.ts';

describe('the audit of the billing example', () => {
  let place: Awaited<ReturnType<typeof temporaryDirectory>>;

  beforeEach(async () => {
    place = await temporaryDirectory();
  });

  afterEach(() => place.remove());

  /** The verdict on a right run that `spoil` has spoilt. */
  function verdict(spoil: (outputs: Outputs) => void) {
    const { partitions, outputs } = billingCase(place.directory);
    spoil(outputs);
    return audit(auditInput(partitions, outputs));
  }

  test('does it find a right run right, and account for every event?', () => {
    expect(verdict(() => undefined)).toMatchObject({
      ok: true,
      eventsIn: 9,
      eventsInvoiced: 5,
      eventsRepeated: 1,
      late: 1,
      refused: 2,
      invoicesOut: 5,
      ...{ lost: 0, duplicated: 0, wrong: 0, noticeRepeats: 0, problems: [] },
    });
  });

  test.each<[string, (outputs: Outputs) => void, object]>([
    ['an invoice is lost from the files', ({ archive }) => void archive.pop(), { lost: 1 }],
    ['an invoice is lost from the table', ({ ledger }) => void ledger.shift(), { lost: 1 }],
    ['a notice is lost', ({ notices }) => void notices.shift(), { lost: 1 }],
    ['an invoice is doubled in the files', ({ archive }) => void archive.push({ ...archive[1] }), { duplicated: 1 }],
    ['an invoice is doubled in the table', ({ ledger }) => void ledger.push({ ...ledger[1] }), { duplicated: 1 }],
    ['a sum is wrong', (run) => void run.archive.splice(0, 1, { ...run.archive[0], amountMicros: 44 }), { wrong: 1 }],
    ['a count is wrong', (run) => void run.ledger.splice(0, 1, { ...run.ledger[0], events: 2 }), { wrong: 1 }],
    ['an id is wrong', (run) => void run.ledger.splice(0, 1, { ...run.ledger[0], invoiceId: 'x' }), { wrong: 1 }],
    [
      'an invoice has another end',
      (run) => void run.archive.splice(0, 1, { ...run.archive[0], windowEnd: '2026-01-01T02:00:00.000Z' }),
      { wrong: 1 },
    ],
    [
      'an invoice has no reason',
      ({ archive }) =>
        void archive.push(invoice('eve', '2026-01-01T00:00:00.000Z', '2026-01-01T01:00:00.000Z', 1, 1, 4)),
      { wrong: 1 },
    ],
    ['a row is no invoice', ({ archive }) => void archive.push(null as never), { wrong: 1 }],
    [
      'a notice comes again under another key',
      ({ notices }) => void notices.push({ ...notices[0], key: `${notices[0].key}#2` }),
      { wrong: 1 },
    ],
    [
      'a notice comes again with other content',
      ({ notices }) => void notices.push({ ...notices[0], payload: notices[1].payload }),
      { wrong: 1, noticeRepeats: 1 },
    ],
    [
      'a notice names another sum',
      (run) => void run.notices.splice(0, 1, noticeFor({ ...run.archive[0], amountMicros: 41 })),
      { wrong: 1, lost: 1 },
    ],
    ['a refused line has no dead letter', ({ deadLetters }) => void deadLetters.shift(), { lost: 1 }],
    ['a refused line has two dead letters', (run) => void run.deadLetters.push(run.deadLetters[0]), { duplicated: 1 }],
    [
      'a late event has two dead letters',
      ({ deadLetters }) => void deadLetters.push(lateLetter('e6')),
      { duplicated: 1 },
    ],
    ['an event is called late that is not', ({ deadLetters }) => void deadLetters.push(lateLetter('e3')), { wrong: 1 }],
    [
      'user code gave up an event',
      ({ deadLetters }) => void deadLetters.push({ ...lateLetter('e3'), code: 'TM_USER_CODE' }),
      { wrong: 1 },
    ],
  ])('does it find that %s?', (_, spoil, counts) => {
    const none = { lost: 0, duplicated: 0, wrong: 0, noticeRepeats: 0 };
    const result = verdict(spoil);

    expect(result).toMatchObject({ ok: false, ...none, ...counts });
    expect(result.problems).not.toEqual([]);
  });

  test('does it allow a notice that comes again as it was, and count it?', () => {
    const repeated = verdict(({ notices }) => void notices.push(notices[0]));

    expect(repeated).toMatchObject({ ok: true, noticeRepeats: 1 });
  });

  test('does it miss an event that is neither invoiced nor in the dead letters?', () => {
    // e6 may be late, but then it has a dead letter.
    const result = verdict(({ deadLetters }) => void deadLetters.pop());

    expect(result).toMatchObject({ ok: false, late: 0, lost: 3 });
  });

  test('does it accept that an event which may be late was still in time?', () => {
    const result = verdict((run) => {
      run.deadLetters.pop();
      const inTime = invoice('bob', '2025-12-29T05:00:00.000Z', '2025-12-29T06:00:00.000Z', 1, 100, 400);
      run.archive.push(inTime);
      run.ledger.push(inTime);
      run.notices.push(noticeFor(inTime));
    });

    expect(result).toMatchObject({ ok: true, late: 0, eventsInvoiced: 6 });
  });

  test('does it refuse an event that is both invoiced and in the dead letters?', () => {
    const result = verdict((run) => {
      const twice = invoice('bob', '2025-12-29T05:00:00.000Z', '2025-12-29T06:00:00.000Z', 1, 100, 400);
      run.archive.push(twice);
    });

    expect(result).toMatchObject({ ok: false, late: 1, wrong: 1 });
  });
});
