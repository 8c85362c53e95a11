import { decodeBlock } from '../core/channels/block.ts';
import type { Envelope, Hint } from '../core/channels/envelope.ts';
import type { OutMessage } from '../core/journal/entry.ts';
import { isBarrier } from '../core/journal/entry.ts';
import { invariant } from '../core/record/invariant.ts';
import { rule } from '../core/record/rule.ts';
import { cutModeOf, retrying, StaleInstance } from './environment.ts';
import { entriesBetween } from './journal-access.ts';
import { type InputMessage, KeyedPass } from './keyed-pass.ts';
import { type Instance, TaskRunner } from './task-runner.ts';

/** How far a channel is received when the inputs at hand are counted in. */
interface Cursor {
  received: number;
  version: number;
}

/** Runs a subtask behind an exchange: dedup and gap filling, then passes (DESIGN 2.3). */
export class KeyedRunner extends TaskRunner {
  /** Handles hints in any order and multiplicity; with none it looks into its own and its senders' journals. */
  step(hints: readonly Hint[]): Promise<void> {
    return this.guarded(() => this.#step(hints));
  }

  async #step(hints: readonly Hint[]): Promise<void> {
    const fresh = this.instance === undefined;
    const instance = await this.current(hints.length === 0 || hints.some((hint) => hint.kind === 'wake'));
    const cursors = new Map<string, Cursor>();
    for (const [from, channel] of Object.entries(instance.control.in)) {
      cursors.set(from, { received: channel.received, version: channel.version });
    }
    const inputs: InputMessage[] = [];
    for (const hint of hints) {
      if (hint.kind === 'message') await this.#take(instance, cursors, hint, inputs);
    }
    // A fresh instance doesn't know which hints its predecessor had taken.
    if (fresh ? rule('freshLook') : hints.length === 0 && rule('quietLook'))
      for (const from of cursors.keys()) await this.#fill(instance, cursors, from, Number.MAX_SAFE_INTEGER, inputs);
    await this.#passes(instance, inputs);
  }

  async #take(instance: Instance, cursors: Map<string, Cursor>, hint: Envelope, inputs: InputMessage[]): Promise<void> {
    const { from, message, version, attempt, payload } = hint;
    if (attempt < instance.control.attempt && rule('dropOlderAttempt')) return;
    // A newer attempt: stop and load again, until the own restore entry is there.
    if (attempt > instance.control.attempt && rule('reloadOnNewer'))
      throw new StaleInstance(`${this.subtask.id} is behind attempt ${attempt}`);
    const cursor = cursors.get(from);
    invariant(cursor, `${this.subtask.id} has no channel from ${from}`);
    const needed = isBarrier(message) ? message.last : message.first - 1;
    if (needed > cursor.received && rule('fillGaps')) {
      const upTo = isBarrier(message) ? version : version - 1;
      await this.#fill(instance, cursors, from, upTo, inputs);
    }
    this.#push(cursors, from, version, message, inputs);
    if (payload && message.part >= 0) this.payloads.set(`${from}:${version}:${message.part}`, payload);
  }

  /** Reads the sender's journal for what is missing, up to a version. */
  async #fill(
    instance: Instance,
    cursors: Map<string, Cursor>,
    from: string,
    upTo: number,
    inputs: InputMessage[],
  ): Promise<void> {
    const { ports } = this.env;
    const cursor = cursors.get(from) as Cursor;
    let entries = 0;
    for await (const { version, head } of entriesBetween(ports, from, cursor.version, upTo, 'tolerant')) {
      entries++;
      if (head.control.attempt > instance.control.attempt && rule('reloadOnNewer'))
        throw new StaleInstance(`${this.subtask.id} is behind attempt ${head.control.attempt}`);
      if (head.control.attempt < instance.control.attempt && rule('dropOlderAttempt')) continue;
      for (const message of head.messages) {
        if (message.to === this.subtask.id) this.#push(cursors, from, version, message, inputs);
      }
      cursor.version = Math.max(cursor.version, version);
    }
    if (entries > 0) ports.telemetry.emit({ kind: 'gap-filled', subtask: this.subtask.id, from, entries });
  }

  #push(
    cursors: Map<string, Cursor>,
    from: string,
    version: number,
    message: OutMessage,
    inputs: InputMessage[],
  ): void {
    const cursor = cursors.get(from) as Cursor;
    if (!isBarrier(message)) {
      if (message.last <= cursor.received && rule('dropDuplicates')) return;
      invariant(
        message.first === cursor.received + 1,
        `gap from ${from} to ${this.subtask.id}: ${message.first} after ${cursor.received}`,
      );
      cursor.received = message.last;
      cursor.version = version;
    }
    inputs.push({ from, version, message });
  }

  async #passes(instance: Instance, all: readonly InputMessage[]): Promise<void> {
    await this.#prefetch(instance, all);
    if (this.env.tuning.coldState && this.env.tuning.prefetch) this.prefetchState(instance, this.#keysOf(all));
    let inputs = all;
    for (;;) {
      const pass = new KeyedPass({
        ...this.passContext(instance),
        subtask: this.subtask.id,
        mode: cutModeOf(this.env.plan),
        inputs,
        maxRecords: this.env.tuning.batchRecords,
        payloadOf: (from, version, part) => this.payloads.get(`${from}:${version}:${part}`),
        telemetry: this.env.ports.telemetry,
      });
      const { consumed, more, draft } = await this.complete(instance, pass);
      inputs = inputs.slice(consumed);
      if (!more && inputs.length === 0) return;
      invariant(draft || consumed > 0, `${this.subtask.id} makes no progress`);
    }
  }

  /** The keys that a batch names: those of its records and partial aggregates. */
  #keysOf(inputs: readonly InputMessage[]): ReadonlySet<string> {
    const keys = new Set<string>();
    for (const { from, version, message } of inputs) {
      const payload = this.payloads.get(`${from}:${version}:${message.part}`);
      if (!payload) continue;
      const block = decodeBlock(payload);
      for (const key of [...block.keys, ...block.partialKeys]) keys.add(key);
    }
    return keys;
  }

  /** Fetches the payloads that are not at hand, all at once. */
  async #prefetch(instance: Instance, inputs: readonly InputMessage[]): Promise<void> {
    const { journal } = this.env.ports;
    const missing = inputs.filter(
      ({ from, version, message }) =>
        message.part >= 0 &&
        message.last > (instance.control.in[from]?.received ?? 0) &&
        !this.payloads.has(`${from}:${version}:${message.part}`),
    );
    await Promise.all(
      missing.map(async ({ from, version, message }) => {
        const bytes = await retrying(this.env.ports, () => journal.readPart(from, version, message.part));
        this.payloads.set(`${from}:${version}:${message.part}`, bytes);
      }),
    );
  }
}
