import type { PhysicalPlan } from './physical-plan.ts';
import { type ExchangeSummary, type PlanSummary, type StageSummary, summarize } from './plan-summary.ts';

/** Subtasks that are listed one by one; more of them are shown by the first and last ones. */
const LISTED = 8;

/** Rows as text in columns; the last column is as long as it is. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function exchangeText({ kind, from, channels, combines }: ExchangeSummary): string {
  const load = combines === null ? 'each record travels' : `partial aggregates of ${combines} combined before it`;
  return `${kind} from ${from.join(', ')}; ${channels} channel${channels === 1 ? '' : 's'}; ${load}`;
}

function stageLines(stage: StageSummary, maxParallelism: number): string[] {
  const rows: string[][] = [];
  if (stage.exchange !== null) rows.push(['exchange', stage.exchange.by, exchangeText(stage.exchange)]);
  let previous = stage.exchange?.kind === 'key-by' ? stage.exchange.by : '';
  for (const { id, kind, inputs, detail } of stage.steps) {
    const isStart = kind === 'source' || id === stage.exchange?.by;
    const reads = isStart || (inputs.length === 1 && inputs[0] === previous) ? '' : `reads ${inputs.join(', ')}`;
    rows.push([kind, id, [detail, reads].filter((text) => text !== '').join('; ')]);
    previous = id;
  }
  for (const { stage: to, after } of stage.sendsTo) rows.push(['sends to', to, `what ${after.join(', ')} gives`]);
  const subtasks = stage.subtasks.map(({ id, keyGroups }) =>
    keyGroups === null
      ? ['subtask', id, '']
      : ['subtask', id, `key groups ${keyGroups.first}-${keyGroups.last} of ${maxParallelism}`],
  );
  const middle = subtasks.length - LISTED;
  if (middle > 0) subtasks.splice(LISTED - 1, middle, ['', `… ${middle} more`, '']);
  const width = `${stage.parallelism} subtask${stage.parallelism === 1 ? '' : 's'}`;
  return [`stage ${stage.id} (${stage.kind}, ${width})`, ...columns([...rows, ...subtasks]).map((line) => `  ${line}`)];
}

/** The plan as aligned text for a terminal: stages, what runs in each, exchanges, subtasks, guarantees. */
export function explainText(plan: PhysicalPlan): string {
  const summary = summarize(plan);
  const head = columns([
    ['pipeline', summary.name],
    ['plan', summary.hash.slice(0, 12)],
    ['mode', summary.mode],
    ['checkpoint', summary.checkpoint],
    ['errors', `records that throw: ${summary.onError}`],
  ]);
  const guarantees = columns(
    summary.guarantees.map(({ kind, id, guarantee, because }) => [kind, id, guarantee, because]),
  );
  const stages = summary.stages.map((stage) => stageLines(stage, summary.maxParallelism));
  const last = ['guarantees', ...guarantees.map((line) => `  ${line}`)];
  return `${[head, ...stages, last].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** The plan as a Mermaid flowchart: a box for each stage; thick arrows are exchanges. */
export function explainMermaid(plan: PhysicalPlan): string {
  const { stages } = summarize(plan);
  const names = new Map<string, string>();
  const nameOf = (stage: string, step: string): string => {
    const key = `${stage}/${step}`;
    const name = names.get(key) ?? `n${names.size}`;
    names.set(key, name);
    return name;
  };
  const boxes: string[] = [];
  const arrows: string[] = [];
  stages.forEach((stage, index) => {
    boxes.push(`  subgraph s${index}["${stage.id} × ${stage.parallelism}"]`);
    for (const step of stage.steps) boxes.push(`    ${nameOf(stage.id, step.id)}["${step.kind}<br/>${step.id}"]`);
    boxes.push('  end');
    const own = new Set(stage.steps.map((step) => step.id));
    for (const step of stage.steps) {
      for (const input of step.inputs.filter((id) => own.has(id))) {
        arrows.push(`  ${nameOf(stage.id, input)} --> ${nameOf(stage.id, step.id)}`);
      }
    }
    arrows.push(...exchangeArrows(stages, stage, nameOf));
  });
  return `${['flowchart LR', ...boxes, ...arrows].join('\n')}\n`;
}

/** From the steps of each sender that the exchange reads to those that read the exchange. */
function exchangeArrows(
  stages: readonly StageSummary[],
  { id, steps, exchange }: StageSummary,
  nameOf: (stage: string, step: string) => string,
): string[] {
  if (exchange === null) return [];
  const entries = steps.filter((step) =>
    exchange.kind === 'dedupe' ? step.id === exchange.by : step.inputs.includes(exchange.by),
  );
  const label = exchange.combines === null ? exchange.by : `${exchange.by}, combined`;
  return stages.flatMap((sender) =>
    sender.sendsTo
      .filter(({ stage }) => stage === id)
      .flatMap(({ after }) => after)
      .flatMap((from) => entries.map((to) => `  ${nameOf(sender.id, from)} == "${label}" ==> ${nameOf(id, to.id)}`)),
  );
}

/** The plan as plain data. */
export function explainJson(plan: PhysicalPlan): PlanSummary {
  return summarize(plan);
}
