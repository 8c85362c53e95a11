import { type MakePorts, portsFixture } from '../support/ports-under-test.ts';

/** What every family's clock and randomness do (lib/ports/clock.ts). */
export function clockContract(family: string, makePorts: MakePorts): void {
  describe(`clock and randomness, ${family}`, () => {
    const fixture = portsFixture(makePorts);

    test('does a sleep take its time and say so?', async () => {
      const { clock } = fixture.ports;
      const before = clock.now();

      expect(await fixture.drive(clock.sleep(50))).toBe(true);

      expect(clock.now() - before).toBeGreaterThanOrEqual(45);
    });

    test('does a sleep of no time end?', async () => {
      expect(await fixture.drive(fixture.ports.clock.sleep(0))).toBe(true);
      expect(await fixture.drive(fixture.ports.clock.sleep(-5))).toBe(true);
    });

    test('is a sleep cut short by its promise, also by one that fails or is done already?', async () => {
      const { clock } = fixture.ports;
      const before = clock.now();
      let stop: () => void = () => undefined;
      const stopped = new Promise<void>((resolve) => {
        stop = resolve;
      });

      const sleeps = [
        clock.sleep(60_000, stopped),
        clock.sleep(60_000, stopped),
        clock.sleep(60_000, Promise.resolve()),
      ];
      const failed = clock.sleep(60_000, Promise.reject(new Error('stopped')));
      stop();

      expect(await Promise.all([...sleeps, failed])).toEqual([false, false, false, false]);
      expect(clock.now() - before).toBeLessThan(30_000);
      expect(await clock.sleep(60_000, stopped)).toBe(false);
    });

    test('does a promise that stays open not cut a sleep short?', async () => {
      const open = new Promise(() => undefined);

      expect(await fixture.drive(fixture.ports.clock.sleep(20, open))).toBe(true);
      expect(await fixture.drive(fixture.ports.clock.sleep(20, open))).toBe(true);
    });

    test('are nonces long, plain and never the same?', () => {
      const { random } = fixture.ports;
      const nonces = Array.from({ length: 5_000 }, () => random.nonce());

      expect(new Set(nonces).size).toBe(5_000);
      expect(nonces.filter((nonce) => !/^[0-9a-z]{13,}$/.test(nonce))).toEqual([]);
    });

    test('are fractions from 0 up to below 1, and spread out?', () => {
      const { random } = fixture.ports;
      const fractions = Array.from({ length: 5_000 }, () => random.fraction());

      expect(fractions.filter((fraction) => !(fraction >= 0 && fraction < 1))).toEqual([]);
      const mean = fractions.reduce((sum, fraction) => sum + fraction, 0) / fractions.length;
      expect(mean).toBeGreaterThan(0.4);
      expect(mean).toBeLessThan(0.6);
    });
  });
}
