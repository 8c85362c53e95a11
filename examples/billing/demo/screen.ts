import { stdout } from 'node:process';
import type { DemoListener } from './demo-run.ts';
import type { Kill } from './killer.ts';

const BAR_WIDTH = 30;

/** Says on the terminal what happens, in lines; below them, where there is a terminal, a bar that moves. */
export class Screen implements DemoListener {
  readonly #startedMs = Date.now();
  readonly #isQuiet: boolean;
  #hasBar = false;

  constructor(isQuiet: boolean) {
    this.#isQuiet = isQuiet;
  }

  line(text = ''): void {
    if (this.#isQuiet) return;
    this.#clearBar();
    stdout.write(`${text}\n`);
  }

  kill({ victim, worker, pid, progress }: Kill): void {
    const who = victim === 'worker' ? `worker ${worker}` : 'the supervisor';
    this.#event(`killed ${who} (process ${pid}) with ${Math.round(progress * 100)} % read`);
  }

  recovery({ victim, worker, recoveryMs = 0 }: Kill): void {
    const who = victim === 'worker' ? `worker ${worker}` : 'the supervisor, started again,';
    this.#event(`  ${who} is back after ${recoveryMs} ms`);
  }

  progress(share: number): void {
    if (this.#isQuiet || !stdout.isTTY) return;
    const full = Math.round(share * BAR_WIDTH);
    this.#clearBar();
    stdout.write(`  [${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}] ${Math.round(share * 100)} % read`);
    this.#hasBar = true;
  }

  #event(text: string): void {
    const seconds = ((Date.now() - this.#startedMs) / 1000).toFixed(1);
    this.line(`  ${seconds.padStart(5)} s  ${text}`);
  }

  #clearBar(): void {
    if (this.#hasBar) stdout.write('\r\x1b[2K');
    this.#hasBar = false;
  }
}
