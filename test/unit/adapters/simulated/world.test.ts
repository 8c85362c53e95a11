import { type Actor, type SimFaults, SimWorld } from '../../../../lib/adapters/simulated/world.ts';

const actorOf = (name = 'w'): Actor => ({ name, alive: true });

/** Calls `effects.push(n)` for n = 1 … and says how each call ended. */
async function run(seed: number, faults: SimFaults, calls = 1) {
  const world = new SimWorld(seed, faults);
  const actor = actorOf();
  const effects: number[] = [];
  const answers: string[] = [];
  for (let n = 1; n <= calls; n += 1) {
    const site = `site${n}`;
    void world
      .call(actor, site, () => effects.push(n))
      .then(
        () => answers.push(`${n} answered`),
        (error: { code: string; kind: string }) => answers.push(`${n} ${error.kind}`),
      );
  }
  while (world.nextMs !== undefined) await world.step();
  return { world, actor, effects, answers };
}

describe('time', () => {
  test('do events come by time, then in the order they were scheduled in, however many there are?', async () => {
    const world = new SimWorld(1, {});
    const begin = world.nowMs;
    const seen: [number, number][] = [];
    for (let index = 0; index < 300; index += 1) {
      const delayMs = (index * 7919) % 13;
      world.schedule(delayMs, () => seen.push([world.nowMs - begin, index]));
    }
    while (world.nextMs !== undefined) await world.step();
    expect(seen).toEqual([...seen].sort((a, b) => a[0] - b[0] || a[1] - b[1]));
    expect(seen).toHaveLength(300);
    expect(seen.every(([atMs, index]) => atMs === (index * 7919) % 13)).toBe(true);
  });

  test('does an event of the past not turn the clock back?', async () => {
    const world = new SimWorld(1, {});
    const begin = world.nowMs;
    world.schedule(-100, () => undefined);
    await world.step();
    expect(world.nowMs).toBe(begin);
  });

  test('does a sleeper wake when its time has come, or when it is called, and a dead one never?', async () => {
    const world = new SimWorld(1, {});
    const [actor, dead] = [actorOf(), actorOf('dead')];
    const woken: unknown[] = [];
    let callUp: () => void = () => undefined;
    const cancel = new Promise<void>((resolve) => {
      callUp = resolve;
    });
    void world.sleep(actor, 50).then((slept) => woken.push(['slept', slept]));
    void world.sleep(actor, 100, cancel).then((slept) => woken.push(['called', slept]));
    void world.sleep(dead, 10).then(() => woken.push('dead'));
    world.kill(dead);
    await world.step();
    await world.step();
    callUp();
    await cancel;
    await world.step();
    expect(woken).toEqual([
      ['slept', true],
      ['called', false],
    ]);
  });
});

describe('decisions', () => {
  test('are they the same for a seed, others for another, and of one site apart from those of others?', () => {
    const draw = (seed: number, between: boolean) => {
      const world = new SimWorld(seed, {});
      return Array.from({ length: 20 }, () => {
        if (between) world.fraction('other');
        return world.fraction('site');
      });
    };
    expect(draw(1, false)).toEqual(draw(1, true));
    expect(draw(1, false)).not.toEqual(draw(2, false));
    expect(draw(1, false).every((fraction) => fraction >= 0 && fraction < 1)).toBe(true);
    expect(new Set(draw(1, false)).size).toBe(20);
  });

  test('does a rate come out about as it was asked for, is it counted, and is there none when it is calm?', () => {
    const world = new SimWorld(3, { crashRate: 0.25 });
    const hits = Array.from({ length: 4000 }, () => world.chance('crashRate')).filter(Boolean).length;
    expect(hits).toBeGreaterThan(850);
    expect(hits).toBeLessThan(1150);
    expect(world.counts.faults).toEqual({ crashRate: hits });
    world.calm = true;
    expect(Array.from({ length: 100 }, () => world.chance('crashRate'))).not.toContain(true);
    expect(world.chance('lateRate')).toBe(false);
  });
});

describe('calls', () => {
  test('without faults, does each take effect and answer, some time later?', async () => {
    const { world, effects, answers } = await run(1, {}, 5);
    expect([...effects].sort()).toEqual([1, 2, 3, 4, 5]);
    expect([...answers].sort()).toEqual([1, 2, 3, 4, 5].map((n) => `${n} answered`));
    expect(world.counts).toEqual({ calls: 5, faults: {} });
    expect(world.nowMs).toBeGreaterThan(Date.UTC(2026, 0, 1));
  });

  test.each<[string, SimFaults, number[], string[], boolean]>([
    ['refused', { refusedRate: 1 }, [], ['1 unavailable'], true],
    ['one whose answer is lost', { lostAnswerRate: 1 }, [1], ['1 unavailable'], true],
    ['a crash before it', { crashAt: { call: 1, when: 'before' } }, [], [], false],
    ['a crash after it', { crashAt: { call: 1, when: 'after' } }, [1], [], false],
    ['a pause', { pauseRate: 1 }, [1], ['1 answered'], true],
  ])('what becomes of a call that is %s?', async (_what, faults, effects, answers, alive) => {
    const ran = await run(1, faults);
    expect([ran.effects, ran.answers, ran.actor.alive]).toEqual([effects, answers, alive]);
  });

  test('is what the call throws its answer, and lost like any answer?', async () => {
    for (const [faults, message] of [
      [{}, 'boom'],
      [{ lostAnswerRate: 1 }, 'site gave no answer'],
    ] as const) {
      const world = new SimWorld(1, faults);
      const failing = world.call(actorOf(), 'site', () => {
        throw new Error('boom');
      });
      const outcome = failing.catch((error: Error) => error.message);
      await world.step();
      expect(await outcome).toBe(message);
    }
  });

  test('does a process that is dead call nobody, and does a call that was under way take effect only when late ones do?', async () => {
    for (const [lateRate, expected] of [
      [0, []],
      [1, ['under way']],
    ] as const) {
      const world = new SimWorld(1, { lateRate });
      const actor = actorOf();
      const effects: string[] = [];
      void world.call(actor, 'site', () => effects.push('under way'));
      world.kill(actor);
      world.kill(actor);
      void world.call(actor, 'site', () => effects.push('dead'));
      while (world.nextMs !== undefined) await world.step();
      expect(effects).toEqual(expected);
      expect([world.counts.calls, world.counts.faults['crash']]).toEqual([1, 1]);
    }
  });

  test('is a death told once, with who died?', () => {
    const world = new SimWorld(1, {});
    const died: string[] = [];
    world.onDeath = (actor) => died.push(actor.name);
    const actor = actorOf('w#1');
    world.kill(actor);
    world.kill(actor);
    expect(died).toEqual(['w#1']);
  });
});

describe('run', () => {
  test('does it end when it is done, and say so when nothing is left, when it is too long or too much?', async () => {
    const stuck = { code: 'TM_SIM_STUCK' };
    const world = new SimWorld(1, {});
    let done = false;
    world.schedule(5, () => {
      done = true;
    });
    await world.run(() => done, 10);
    await expect(world.run(() => false, 10)).rejects.toMatchObject(stuck);
    const month = new SimWorld(1, {});
    month.schedule(31 * 86_400_000, () => undefined);
    await expect(month.run(() => false, 10)).rejects.toMatchObject(stuck);
    const busy = new SimWorld(1, {});
    const again = (): void => void busy.call(actorOf(), 'site', () => 0).then(again);
    again();
    await expect(busy.run(() => false, 10)).rejects.toMatchObject(stuck);
    expect(busy.counts.calls).toBe(11);
  });
});
