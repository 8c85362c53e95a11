/** The ways in which a line is wrong, in turn. Each makes a wrong line from a right one. */
const WAYS: readonly ((line: string) => string)[] = [
  (line) => line.slice(0, 60),
  () => 'customer-0001;compute;12',
  (line) => line.replace(/"quantity":(\d+)/, '"quantity":"$1"'),
  (line) => line.replace('"quantity":', '"quantity":-'),
  (line) => line.replace(/"customerId":"[^"]*",/, ''),
  (line) => line.replace(/"meter":"[a-z]+"/, '"meter":"magic"'),
  (line) => line.replace(/"usedAt":"[^"]*"/, '"usedAt":"yesterday"'),
  (line) => `[${line}]`,
];

/** Line number `count` of those that must be refused. */
export function malformedLine(count: number, line: string): string {
  return (WAYS[count % WAYS.length] as (line: string) => string)(line);
}
