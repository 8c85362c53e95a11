/** The sequential calculation that simulated runs are held against. It shares no code with the library. */

export interface Usage {
  readonly id: string;
  readonly from: string;
  readonly customer: string;
  readonly amount: number;
  readonly at: number;
}

export interface Expectation {
  /** By `key/start`. */
  readonly rows: ReadonlyMap<string, { readonly total?: number; readonly count: number }>;
}

/** Sums per customer and window. */
export function expectedSums(
  records: readonly Usage[],
  once: boolean,
  window: { readonly size: number; readonly slide: number },
): Expectation {
  const rows = new Map<string, { total: number; count: number }>();
  const seen = new Set<string>();
  for (const usage of records) {
    if (once && seen.has(usage.id)) continue;
    seen.add(usage.id);
    const newest = usage.at - (usage.at % window.slide);
    for (let start = newest; start > usage.at - window.size; start -= window.slide) {
      const id = `${usage.customer}/${start}`;
      const row = rows.get(id) ?? { total: 0, count: 0 };
      rows.set(id, row);
      row.total += usage.amount;
      row.count++;
    }
  }
  return { rows };
}

/** The n-th record of each customer counts n; at the end one row with the total (order between splits is free). */
export function expectedCounts(records: readonly Usage[]): Expectation {
  const rows = new Map<string, { total?: number; count: number }>();
  const sums = new Map<string, { total: number; count: number }>();
  for (const usage of records) {
    const sum = sums.get(usage.customer) ?? { total: 0, count: 0 };
    sums.set(usage.customer, sum);
    sum.total += usage.amount;
    sum.count++;
    rows.set(`${usage.customer}/${sum.count}`, { count: sum.count });
  }
  for (const [customer, sum] of sums) rows.set(`${customer}/0`, sum);
  return { rows };
}
