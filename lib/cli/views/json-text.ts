/** Any value as one line of JSON: bigints as text, sets and maps as arrays, infinite numbers as text. */
export function jsonText(value: unknown): string {
  return (
    JSON.stringify(value, (_, item: unknown) => {
      if (typeof item === 'bigint') return String(item);
      if (item instanceof Map || item instanceof Set) return [...item];
      if (item instanceof Uint8Array) return Buffer.from(item).toString('base64');
      if (item instanceof Error) return { ...item, message: item.message };
      return typeof item === 'number' && !Number.isFinite(item) ? String(item) : item;
    }) ?? 'null'
  );
}
