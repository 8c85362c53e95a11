import { canonicalKey } from '../core/bytes/canonical-key.ts';
import { ExchangeBuffer } from '../core/channels/exchange-buffer.ts';
import type { Counters } from '../core/journal/control.ts';
import { Dedupe } from '../core/operators/dedupe.ts';
import { type Collector, fanOut, type OperatorHost } from '../core/operators/operator-host.ts';
import { PartialAggregate } from '../core/operators/partial-aggregate.ts';
import { Process } from '../core/operators/process.ts';
import { RowBuffer } from '../core/operators/row-buffer.ts';
import { eventTimeOperator, filterOperator, flatMapOperator, mapOperator } from '../core/operators/stateless.ts';
import { type PartialOrigin, WindowAggregate, type WindowSettings } from '../core/operators/window-aggregate.ts';
import { invariant } from '../core/record/invariant.ts';
import type { Key } from '../core/record/key.ts';
import { type DeadLetter, END_OF_TIME, START_OF_TIME } from '../core/record/position.ts';
import { rule } from '../core/record/rule.ts';
import { KeyedState } from '../core/state/keyed-state.ts';
import type {
  EffectNode,
  EventTimeNode,
  GraphNode,
  PhysicalPlan,
  SinkNode,
  SourceNode,
  Stage,
} from '../plan/physical-plan.ts';
import { DEAD_LETTERS } from '../ports/names.ts';

/** Takes records of an exchange inside the receiving stage; the key is `host.key`. */
interface KeyedEntry {
  record(value: unknown, timestampMs: number, origin: PartialOrigin | undefined): void;
}

/**
 * The operators of one stage, wired for one subtask: what a pass pushes records into. Holds the keyed state and the
 * batch's outputs; everything is synchronous.
 */
export class StageProgram implements OperatorHost {
  readonly state = new KeyedState();
  watermarkMs = START_OF_TIME;
  at = '';
  key = '';
  careful = false;
  counters: Counters = { recordsIn: 0, recordsOut: 0, lateDropped: 0, deadLettered: 0, duplicates: 0 };
  observedMs = START_OF_TIME;
  nowMs = 0;

  readonly rows = new RowBuffer();
  readonly exchanges: { readonly stage: string; readonly buffer: ExchangeBuffer }[] = [];
  readonly windows: WindowAggregate[] = [];
  readonly processes: Process[] = [];
  readonly dedupes: Dedupe[] = [];
  readonly source: SourceNode | undefined;
  readonly eventTime: EventTimeNode | undefined;
  /** Sinks and effects with rows in this stage, the dead letters included. */
  readonly sinks: readonly string[];
  readonly #combiners: PartialAggregate[] = [];
  readonly #plan: PhysicalPlan;
  readonly #stage: Stage;
  readonly #effects: ReadonlyMap<string, readonly EffectNode[]>;
  readonly #sourceEntry: Collector | undefined;
  readonly #keyedEntries: KeyedEntry[] = [];
  readonly #windowById = new Map<string, WindowAggregate>();

  constructor(plan: PhysicalPlan, stage: Stage) {
    this.#plan = plan;
    this.#stage = stage;
    this.source = stage.nodes.find((node): node is SourceNode => node.kind === 'source');
    this.eventTime = stage.nodes.find((node): node is EventTimeNode => node.kind === 'event-time');
    const effects = stage.nodes.filter((node): node is EffectNode => node.kind === 'effect');
    const sinkNodes = stage.nodes.filter((node): node is SinkNode => node.kind === 'sink');
    this.#effects = new Map(sinkNodes.map((sink) => [sink.id, effects.filter((effect) => effect.after === sink.id)]));
    this.sinks = [DEAD_LETTERS, ...sinkNodes.map((node) => node.id), ...effects.map((node) => node.id)];
    if (stage.kind === 'source') {
      invariant(this.source, `stage ${stage.id} has no source`);
      this.#sourceEntry = this.#after(this.source.id);
    } else {
      const entry = stage.exchange?.node;
      invariant(entry, `stage ${stage.id} has no exchange`);
      if (entry.kind === 'dedupe') {
        const dedupe = this.#dedupe(entry.id, entry.withinMs);
        this.#keyedEntries.push({ record: (value, timestampMs) => dedupe.pushCanonical(this.key, value, timestampMs) });
      } else for (const node of this.#consumers(entry.id)) this.#keyedEntries.push(this.#keyedEntry(node));
    }
  }

  /** A validated value of the source. */
  pushSource(value: unknown): void {
    (this.#sourceEntry as Collector).push(value, this.nowMs);
  }

  /** A record that came over the exchange. */
  pushRecord(key: string, value: unknown, timestampMs: number, origin: PartialOrigin | undefined): void {
    this.key = key;
    for (const entry of this.#keyedEntries) entry.record(value, timestampMs, origin);
  }

  /** A partial aggregate that came over the exchange. */
  pushPartial(key: string, pane: number, accumulator: unknown, count: number, origin: PartialOrigin | undefined): void {
    this.key = key;
    const id = this.#stage.exchange?.combine?.id;
    invariant(id !== undefined, `stage ${this.#stage.id} got a partial aggregate but combines nothing`);
    (this.#windowById.get(id) as WindowAggregate).addPartial(key, pane, accumulator, count, origin);
  }

  deadLetter(letter: DeadLetter): void {
    this.counters.deadLettered += letter.count;
    this.rows.push(DEAD_LETTERS, letter);
  }

  /** Ends the batch for the combiners: their partials go to the exchanges. */
  flushPartials(): void {
    for (const combiner of this.#combiners) combiner.flush();
  }

  setCareful(careful: boolean): void {
    this.careful = careful;
    this.state.setCareful(careful);
    this.rows.careful = careful;
    for (const exchange of this.exchanges) exchange.buffer.careful = careful;
  }

  keepRecord(): void {
    this.state.keepRecord();
    this.rows.keepRecord();
    for (const exchange of this.exchanges) exchange.buffer.keepRecord();
  }

  dropRecord(): void {
    this.state.dropRecord();
    this.rows.dropRecord();
    for (const exchange of this.exchanges) exchange.buffer.dropRecord();
  }

  /** Back to the committed state: nothing of the batch stays. */
  rollback(): void {
    this.state.rollback();
    this.rows.clear();
    for (const exchange of this.exchanges) exchange.buffer.clear();
    for (const combiner of this.#combiners) combiner.clear();
    this.reload();
  }

  /** Rebuilds what operators derive from the state: open windows, timers, dedupe buckets. */
  reload(): void {
    for (const operator of [...this.windows, ...this.processes, ...this.dedupes]) operator.reload();
  }

  /** The earliest time at which a window or timer is due. */
  nextDueMs(): number | undefined {
    let next: number | undefined;
    for (const operator of [...this.windows, ...this.processes]) {
      const due = operator.nextDueMs();
      if (due !== undefined && (next === undefined || due < next)) next = due;
    }
    return next;
  }

  /** What the stage may tell downstream when its own watermark is `watermarkMs`: results come later by the lateness. */
  forwardable(watermarkMs: number): number {
    if (!rule('holdBack')) return watermarkMs;
    if (watermarkMs === END_OF_TIME) return this.nextDueMs() === undefined ? END_OF_TIME : this.#heldBack(watermarkMs);
    return this.#heldBack(watermarkMs);
  }

  #heldBack(watermarkMs: number): number {
    let holdBackMs = 0;
    for (const window of this.windows) holdBackMs = Math.max(holdBackMs, window.holdBackMs);
    const due = this.nextDueMs();
    // Due windows that wait for the next pass still send results from before.
    const reached = due !== undefined && due <= watermarkMs ? due - 1 : watermarkMs;
    return Math.max(START_OF_TIME, reached - holdBackMs);
  }

  #consumers(id: string): GraphNode[] {
    return this.#stage.nodes.filter((node) => node.kind !== 'effect' && node.inputs.includes(id));
  }

  /** Everything that reads node `id`: operators of this stage, exchanges of downstream stages. */
  #after(id: string): Collector {
    const next = this.#consumers(id).map((node) => this.#collector(node));
    for (const stage of this.#plan.stages) {
      if (stage.exchange?.node.inputs.includes(id)) next.push(this.#exchange(stage));
    }
    invariant(next.length > 0, `nothing reads ${id} in stage ${this.#stage.id}`);
    return fanOut(next);
  }

  #collector(node: GraphNode): Collector {
    switch (node.kind) {
      case 'event-time':
        return eventTimeOperator(this, node.id, node.timestamp, this.#after(node.id));
      case 'map':
        return mapOperator(this, node.id, node.map, this.#after(node.id));
      case 'filter':
        return filterOperator(this, node.id, node.keep, this.#after(node.id));
      case 'flat-map':
        return flatMapOperator(this, node.id, node.flatMap, this.#after(node.id));
      case 'union':
        return this.#after(node.id);
      case 'sink':
        return this.#sink(node);
      default:
        throw new Error(`node ${node.id} (${node.kind}) cannot stand in an unkeyed place`);
    }
  }

  #sink(node: SinkNode): Collector {
    const effects = this.#effects.get(node.id) ?? [];
    return {
      push: (row) => {
        this.counters.recordsOut++;
        this.rows.push(node.id, row);
        for (const effect of effects) {
          this.at = effect.id;
          this.rows.push(effect.id, { key: effect.idempotencyKey(row), payload: effect.payload(row) });
        }
      },
    };
  }

  #exchange(stage: Stage): Collector {
    const targets = this.#plan.subtasks.filter((subtask) => subtask.stage === stage.id).map((subtask) => subtask.id);
    const known = this.exchanges.find((exchange) => exchange.stage === stage.id);
    const buffer = known?.buffer ?? new ExchangeBuffer(targets, this.#plan.maxParallelism);
    if (!known) this.exchanges.push({ stage: stage.id, buffer });
    const node = stage.exchange?.node;
    invariant(node, `stage ${stage.id} has no exchange`);
    const keyOfValue: (value: unknown) => Key = node.kind === 'key-by' ? node.key : node.by;
    const combine = stage.exchange?.combine;
    const combiner = combine ? new PartialAggregate(this, combine, buffer) : undefined;
    if (combiner) this.#combiners.push(combiner);
    return {
      push: (value, timestampMs) => {
        this.at = node.id;
        const key = canonicalKey(keyOfValue(value));
        this.counters.recordsOut++;
        if (combiner) combiner.add(key, value, timestampMs);
        else buffer.record(key, value, timestampMs);
      },
    };
  }

  #dedupe(id: string, withinMs: number, next: Collector = this.#after(id)): Dedupe {
    const dedupe = new Dedupe(this, id, withinMs, next);
    this.dedupes.push(dedupe);
    return dedupe;
  }

  /** An operator that reads the keyed stream. */
  #keyedEntry(node: GraphNode): KeyedEntry {
    if (node.kind === 'window-aggregate') {
      const window = new WindowAggregate(this, node as WindowSettings, this.#after(node.id));
      this.windows.push(window);
      this.#windowById.set(node.id, window);
      return { record: (value, timestampMs, origin) => window.addRecord(this.key, value, timestampMs, origin) };
    }
    if (node.kind === 'process') {
      const process = new Process(this, node, this.#after(node.id));
      this.processes.push(process);
      return { record: (value, timestampMs) => process.onElement(this.key, value, timestampMs) };
    }
    if (node.kind === 'dedupe' && node.keyed) {
      const entries = this.#consumers(node.id).map((consumer) => this.#keyedEntry(consumer));
      const next: Collector = {
        push: (value, timestampMs) => {
          for (const entry of entries) entry.record(value, timestampMs, undefined);
        },
      };
      const dedupe = this.#dedupe(node.id, node.withinMs, next);
      return {
        record: (value, timestampMs) => {
          this.at = node.id;
          dedupe.push(node.by(value), this.key, value, timestampMs);
        },
      };
    }
    const plain = this.#collector(node);
    return { record: (value, timestampMs) => plain.push(value, timestampMs) };
  }
}
