import { dirname } from 'node:path';
import type { SinkDisk, SinkFile } from '../../lib/connectors/files/sink-disk.ts';

/** Thrown at the chosen call. */
export class DiskCrash extends Error {}

interface Node {
  text: string;
  /** What a power cut leaves of the content. */
  synced: string;
}

/** A change of names, until its directories are synced. */
interface Renaming {
  readonly directories: Set<string>;
  undo(): void;
}

/**
 * A file system in memory that dies at one call, before or after its effect, and can lose power: contents that were
 * not synced are cut off, changes of names that were not synced are taken back, all from `keep` on, newest first.
 */
export class FaultyDisk implements SinkDisk {
  readonly directories = new Set<string>();
  files = new Map<string, Node>();
  calls = 0;
  #renamings: Renaming[] = [];
  #crashAt = Number.POSITIVE_INFINITY;
  #afterEffect = false;

  /** The `call`th call from now on throws. */
  crashAt(call: number, afterEffect: boolean): void {
    this.calls = 0;
    this.#crashAt = call;
    this.#afterEffect = afterEffect;
  }

  /** Loses what is not synced; the oldest `keep` changes of names stay all the same. */
  losePower(keep: number): void {
    for (const renaming of this.#renamings.slice(keep).reverse()) renaming.undo();
    this.#renamings = [];
    for (const node of this.files.values()) node.text = node.synced;
  }

  names(directory: string): string[] {
    return [...this.files.keys()]
      .filter((file) => dirname(file) === directory)
      .map((file) => file.slice(directory.length + 1));
  }

  text(file: string): string {
    return this.files.get(file)?.text ?? '';
  }

  makeDirectory(path: string): Promise<void> {
    return this.#call(() => void this.directories.add(path));
  }

  list(path: string): Promise<readonly string[]> {
    return this.#call(() => this.names(path));
  }

  create(path: string): Promise<SinkFile> {
    return this.#call(() => {
      const node: Node = { text: '', synced: '' };
      this.#put([path], () => this.files.set(path, node));
      return {
        write: (text: string) =>
          this.#call(() => {
            node.text += text;
          }),
        sync: () =>
          this.#call(() => {
            node.synced = node.text;
          }),
        close: async () => {},
      };
    });
  }

  rename(from: string, to: string): Promise<boolean> {
    return this.#call(() => {
      const node = this.files.get(from);
      if (node === undefined) return false;
      this.#put([from, to], () => {
        this.files.delete(from);
        this.files.set(to, node);
      });
      return true;
    });
  }

  remove(path: string): Promise<void> {
    return this.#call(() => this.#put([path], () => void this.files.delete(path)));
  }

  /** A change is on the disk when the directory that it goes to is. */
  syncDirectory(path: string): Promise<void> {
    return this.#call(() => {
      this.#renamings = this.#renamings.filter(({ directories }) => !directories.has(path));
    });
  }

  #put(paths: readonly string[], change: () => void): void {
    const before = paths.map((path) => [path, this.files.get(path)] as const);
    change();
    this.#renamings.push({
      directories: new Set([dirname(paths.at(-1) as string)]),
      undo: () => {
        for (const [path, node] of before) {
          if (node === undefined) this.files.delete(path);
          else this.files.set(path, node);
        }
      },
    });
  }

  async #call<T>(effect: () => T): Promise<T> {
    this.calls += 1;
    const dies = this.calls >= this.#crashAt;
    if (dies && !(this.#afterEffect && this.calls === this.#crashAt)) throw new DiskCrash();
    const result = effect();
    if (dies) throw new DiskCrash();
    return result;
  }
}
