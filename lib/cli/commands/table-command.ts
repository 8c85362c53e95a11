import { didYouMean } from '../../api/option-check.ts';
import { readTable, type TableRow } from '../../connectors/table/table-reader.ts';
import type { ControlItems } from '../../ports/control-items.ts';
import { itemKeys } from '../../ports/names.ts';
import type { CommandAction } from '../arguments/command-spec.ts';
import { numberOption } from '../arguments/number-argument.ts';
import { usageError } from '../arguments/usage-error.ts';
import { EXIT } from '../exit-code.ts';
import { jsonText } from '../views/json-text.ts';
import { columns, printable } from '../views/text-columns.ts';
import { jobDirectory } from './job-directory.ts';
import { withReader } from './open-reader.ts';
import { takeItems, writeItems, writeJsonArray } from './write-items.ts';

const SHOWN_ROWS = 100;

/** `tidemark table`: committed rows. */
export const tableCommand: CommandAction = async (args, context) => {
  if (args.has('json') && args.has('ndjson')) {
    throw usageError('TM_CLI_OPTION', '--json and --ndjson exclude each other', 'Choose one.');
  }
  const limit = numberOption(args, 'limit', 1);
  const directory = await jobDirectory(args, context.cwd);
  return withReader(directory, async ({ ports: { items } }) => {
    const [table] = args.positionals;
    const tables = await tableNames(items);
    if (table === undefined) {
      throw usageError('TM_CLI_ARGUMENT', 'no table is given', `Tables with rows in ${directory}: ${listed(tables)}.`);
    }
    if (!tables.includes(table)) {
      context.stderr.write(
        `Table '${table}' has no committed rows. ${didYouMean(table, tables)}Tables with rows: ${listed(tables)}.\n`,
      );
    }
    const rows = readTable(items, table);
    if (args.has('json')) await writeJsonArray(context, rows, limit ?? Number.POSITIVE_INFINITY);
    else if (args.has('ndjson')) {
      await writeItems(context, rows, limit ?? Number.POSITIVE_INFINITY, (row) => `${jsonText(row)}\n`);
    } else {
      const shown = await takeItems(context, rows, limit ?? SHOWN_ROWS);
      for (const line of rowLines(shown)) context.stdout.write(`${line}\n`);
    }
    return EXIT.done;
  });
};

function rowLines(rows: readonly TableRow[]): string[] {
  if (rows.length === 0) return [];
  const withSortKey = rows.some(({ sk }) => sk !== undefined);
  const keys = (pk: string, sk: string | undefined) => (withSortKey ? [pk, sk ?? ''] : [pk]);
  const cells = rows.map(({ pk, sk, row }) => [...keys(pk, sk), jsonText(row)].map(printable));
  return columns([[...keys('pk', 'sk'), 'row'], ...cells]);
}

const listed = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));

/** Names of the tables that have rows: one read for each. */
async function tableNames(items: ControlItems): Promise<string[]> {
  const prefix = itemKeys.tableRow('', '').slice(0, -1);
  const names: string[] = [];
  for (let after = prefix; ; ) {
    const [first] = await items.list(prefix, { after, limit: 1 });
    const name = first?.key.slice(prefix.length).split('/', 1)[0];
    if (name === undefined) return names;
    names.push(name);
    // '0' is the character after '/': behind all rows of this table.
    after = `${prefix}${name}0`;
  }
}
