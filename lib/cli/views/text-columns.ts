/** Rows as text in columns, two spaces between; columns in `right` are aligned to the right; the last one is not padded. */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return right.includes(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Words of a paragraph in lines of at most `width` characters; a longer word gets a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is what it is for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Text that cannot steer a terminal: control characters as `\u001b`. Records and messages are untrusted. */
export function printable(text: string): string {
  return text.replace(CONTROL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** {@link printable} text in one line of at most `width` characters. */
export function preview(value: unknown, width: number): string {
  const json = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const line = printable(json.replace(/\s+/g, ' '));
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colour sequences begin with escape
const COLOUR = /\u001b\[[0-9;]*m/y;

/** Cuts a line to `width` visible characters; colour sequences count nothing and are all kept. */
export function clip(line: string, width: number): string {
  let out = '';
  let visible = 0;
  for (let at = 0; at < line.length; ) {
    COLOUR.lastIndex = at;
    const [sequence] = COLOUR.exec(line) ?? [];
    if (sequence === undefined) {
      if (visible++ < width) out += line[at];
      at += 1;
    } else {
      out += sequence;
      at += sequence.length;
    }
  }
  return out;
}
