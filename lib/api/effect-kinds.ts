import { checkFunction, checkOptions } from './option-check.ts';

/** Options of {@link effect}. */
export interface EffectOptions<in Row, out Payload> {
  /**
   * Names the effect: the receiver ignores a repeat of a key that it has seen. Must depend on the row alone. A receiver
   * that ignores the key may see one repeat per crash between send and receipt.
   */
  readonly idempotencyKey: (row: Row) => string;
  /** What the bound receiver gets. Called after the commit, maybe more than once. */
  readonly payload: (row: Row) => Payload;
}

/** A kind of effect: something done to the outside world after rows are committed. */
export interface EffectKind<in Row, out Payload> extends EffectOptions<Row, Payload> {
  readonly role: 'effect';
}

/** An effect with a payload of the user's own: a web hook, a queue, a command. At least once, never before the commit. */
export function effect<Row, Payload>(options: EffectOptions<Row, Payload>): EffectKind<Row, Payload> {
  checkOptions('effect(…)', options, ['idempotencyKey', 'payload']);
  checkFunction('idempotencyKey of effect(…)', options.idempotencyKey);
  checkFunction('payload of effect(…)', options.payload);
  return Object.freeze({ role: 'effect', idempotencyKey: options.idempotencyKey, payload: options.payload });
}

/** A plain message. */
export interface EmailMessage {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** An e-mail for each committed row: {@link effect} with a message as payload. */
export function email<Row>(options: {
  /** As in {@link EffectOptions}. */
  readonly idempotencyKey: (row: Row) => string;
  readonly message: (row: Row) => EmailMessage;
}): EffectKind<Row, EmailMessage> {
  checkOptions('email(…)', options, ['idempotencyKey', 'message']);
  return effect({ idempotencyKey: options.idempotencyKey, payload: options.message });
}
