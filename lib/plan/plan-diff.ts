import { TidemarkError } from '../core/record/errors.ts';
import { splitShape } from './state-shapes.ts';

/** What a new plan means for stored state: ids that go on, begin and end; or why it is refused. */
export type PlanComparison =
  | {
      readonly ok: true;
      /** Ids whose state goes on. */
      readonly kept: readonly string[];
      /** Ids that begin empty. */
      readonly added: readonly string[];
      /** Ids whose state is left behind, by permission; and sinks that are gone. */
      readonly dropped: readonly string[];
    }
  | { readonly ok: false; readonly error: TidemarkError };

type Shapes = Readonly<Record<string, string>>;

const isSink = (shape: string | undefined): boolean => shape?.startsWith('sink ') ?? false;
const quoted = (ids: readonly string[]): string => ids.map((id) => `'${id}'`).join(', ');

/**
 * Compares the shapes of the plan that wrote the state with those of the plan that wants to go on (`shapes` of
 * `PhysicalPlan`). Sinks may change and go: a deploy goes on from a completed checkpoint, whose output is committed.
 *
 * Errors (invalid): `TM_PLAN_DROPPED`, `TM_PLAN_CHANGED`. `allowedDrops` that are not needed are ignored, so that a
 * command can be repeated.
 */
export function comparePlans(oldShapes: Shapes, newShapes: Shapes, allowedDrops: readonly string[]): PlanComparison {
  const kept: string[] = [];
  const dropped: string[] = [];
  const missing: string[] = [];
  for (const [id, before] of Object.entries(oldShapes).sort(([left], [right]) => (left < right ? -1 : 1))) {
    const after = Object.hasOwn(newShapes, id) ? newShapes[id] : undefined;
    if (after !== undefined && (after === before || (isSink(before) && isSink(after)))) kept.push(id);
    else if (isSink(before) && after === undefined) dropped.push(id);
    else if (after !== undefined) return { ok: false, error: changed(id, before, after) };
    else if (allowedDrops.includes(id)) dropped.push(id);
    else missing.push(id);
  }
  const added = Object.keys(newShapes).filter((id) => !Object.hasOwn(oldShapes, id));
  if (missing.length > 0) return { ok: false, error: droppedError(missing, oldShapes, newShapes, added) };
  return { ok: true, kept, added, dropped };
}

function changed(id: string, before: string, after: string): TidemarkError {
  const [old, now] = [splitShape(before), splitShape(after)];
  if (old.state === now.state) {
    return new TidemarkError(
      'TM_PLAN_CHANGED',
      'invalid',
      `the state of '${id}' lies in stage '${old.stage}', but the pipeline now puts '${id}' into stage '${now.stage}'`,
      `A stage is called after the first window or process behind its keyBy: put that one first again, or give '${id}' a new id (its old state then needs --drop-state ${id}), or start in an empty directory.`,
    );
  }
  return new TidemarkError(
    'TM_PLAN_CHANGED',
    'invalid',
    `the state of '${id}' was written as "${old.state}", but the pipeline now declares "${now.state}"`,
    `Change '${id}' back, or give it a new id (its old state then needs --drop-state ${id}), or start in an empty directory.`,
  );
}

function droppedError(missing: readonly string[], old: Shapes, now: Shapes, added: readonly string[]): TidemarkError {
  const renamed = missing.flatMap((id) => {
    const twin = added.find((other) => splitShape(now[other] ?? '').state === splitShape(old[id] ?? '').state);
    return twin === undefined ? [] : [`If '${id}' is now called '${twin}', give it its old id again.`];
  });
  const allow = missing.map((id) => `--drop-state ${id}`).join(' ');
  return new TidemarkError(
    'TM_PLAN_DROPPED',
    'invalid',
    `the pipeline no longer has ${quoted(missing)}, which ${missing.length === 1 ? 'has' : 'have'} stored state`,
    [...renamed, `Put ${missing.length === 1 ? 'it' : 'them'} back, or allow the loss with ${allow}.`].join(' '),
  );
}
