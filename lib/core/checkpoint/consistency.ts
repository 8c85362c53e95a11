import { rule } from '../record/rule.ts';
import type { Acknowledgement, ChannelProof, FailureReason } from './checkpoint-item.ts';

/** What the coordinator finds when all acknowledgements are in. */
export type Verdict =
  | { readonly consistent: true; readonly channels: readonly ChannelProof[] }
  | { readonly consistent: false; readonly reason: FailureReason; readonly channels: readonly ChannelProof[] };

/**
 * Checks that the cut is consistent (DESIGN 3): no message in the receiver's past that is in the sender's future
 * (an orphan), and nothing in flight where the checkpoint is aligned. `processed > sent` is expected at least once.
 */
export function judgeCut(
  acks: readonly Acknowledgement[],
  rules: { readonly orphansAllowed: boolean; readonly inFlightAllowed: boolean },
): Verdict {
  const bySubtask = new Map(acks.map((ack) => [ack.subtask, ack]));
  const channels: ChannelProof[] = [];
  let reason: FailureReason | undefined;
  for (const receiver of acks) {
    for (const [from, channel] of Object.entries(receiver.control.in)) {
      const sent = bySubtask.get(from)?.control.out[receiver.subtask] ?? 0;
      channels.push({ from, to: receiver.subtask, sent, processed: channel.processed });
      if (channel.processed > sent && !rules.orphansAllowed && rule('orphanCheck')) reason = 'ORPHAN';
      if (channel.processed < sent && !rules.inFlightAllowed && rule('inFlightCheck')) reason ??= 'IN_FLIGHT';
    }
  }
  return reason ? { consistent: false, reason, channels } : { consistent: true, channels };
}

/** True when some channel had sent more than was processed at the cut. */
export function hasInFlight(channels: readonly ChannelProof[]): boolean {
  return channels.some((channel) => channel.processed < channel.sent);
}
