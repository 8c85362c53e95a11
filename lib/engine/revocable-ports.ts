import { TidemarkError } from '../core/record/errors.ts';
import type { Ports } from '../ports/ports.ts';

/** Ports that can be taken away from what runs on them in this process, as a closed pipe does to a worker. */
export interface RevocablePorts {
  readonly ports: Ports;
  readonly revoked: boolean;
  /** From now on calls throw `TM_SUPERVISOR_GONE`; waits end at once, other calls under way are carried out. */
  revoke(): void;
}

/** Wraps `inner`. Nothing that a call was answered is undone. */
export function revocablePorts(inner: Ports): RevocablePorts {
  const gate = new Gate();
  const { journal, items, blobs, streams, clock } = inner;
  const ports: Ports = {
    ...inner,
    journal: {
      append: gate.pass((subtask, entry) => journal.append(subtask, entry)),
      last: gate.pass((subtask) => journal.last(subtask)),
      read: gate.pass((subtask, after, limit) => journal.read(subtask, after, limit)),
      readPart: gate.pass((subtask, version, part) => journal.readPart(subtask, version, part)),
      collect: gate.pass((subtask, upTo) => journal.collect(subtask, upTo)),
    },
    items: {
      read: gate.pass((key) => items.read(key)),
      list: gate.pass((prefix, options) => items.list(prefix, options)),
      write: gate.pass((changes) => items.write(changes)),
    },
    blobs: {
      put: gate.pass((name, bytes) => blobs.put(name, bytes)),
      get: gate.pass((name, range) => blobs.get(name, range)),
      list: gate.pass((prefix) => blobs.list(prefix)),
      delete: gate.pass((names) => blobs.delete(names)),
    },
    streams: {
      append: gate.pass((partition, records) => streams.append(partition, records)),
      read: gate.wait((partition, after, options) => streams.read(partition, after, options)),
      room: gate.wait((partition) => streams.room(partition)),
    },
    clock: {
      now: () => clock.now(),
      sleep: gate.wait((ms, cancel) => clock.sleep(ms, cancel ?? gate.shut)),
    },
  };
  return {
    ports,
    get revoked() {
      return gate.closed;
    },
    revoke: () => gate.close(),
  };
}

type Call<A extends unknown[], R> = (...args: A) => Promise<R>;

class Gate {
  closed = false;
  /** Resolves when the gate closes. */
  readonly shut: Promise<void>;
  #shut!: () => void;
  /** What ends each wait. A set, since a race with one long-lived promise would keep every loser. */
  readonly #waits = new Set<() => void>();

  constructor() {
    this.shut = new Promise((resolve) => {
      this.#shut = resolve;
    });
  }

  close(): void {
    this.closed = true;
    this.#shut();
    for (const end of [...this.#waits]) end();
  }

  pass<A extends unknown[], R>(call: Call<A, R>): Call<A, R> {
    return (...args) => (this.closed ? Promise.reject(revokedError()) : call(...args));
  }

  wait<A extends unknown[], R>(call: Call<A, R>): Call<A, R> {
    return (...args) => {
      if (this.closed) return Promise.reject(revokedError());
      return new Promise((resolve, reject) => {
        const end = (): void => reject(revokedError());
        this.#waits.add(end);
        call(...args)
          .then(resolve, reject)
          .finally(() => this.#waits.delete(end));
      });
    };
  }
}

function revokedError(): TidemarkError {
  return new TidemarkError(
    'TM_SUPERVISOR_GONE',
    'unavailable',
    'the run has ended',
    'Start the pipeline again: it goes on where the journals end.',
  );
}
