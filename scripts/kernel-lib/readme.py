#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes kernel/README.md, or with --check says what is wrong with it and the tables that it is made from.

rows.tsv   a line for each row of table 2.1 of the 2007 report: row, title, its status then (M merged, C cancelled,
           W in progress, O solved by others), its place in Linux 6.12, patches, tests. Patches are named by their
           file without topic and number, comma-separated; or it says "none needed" or "absent: why".
tests.tsv  a line for each selftest: file, what it does on the unpatched kernel (fail or pass), what it shows.
"""
import os
import re
import sys

STATUS = {'M': 'merged', 'C': 'cancelled', 'W': 'in progress', 'O': 'solved by others'}
TABLE_2_1 = '''1.1 1.2 1.3 1.4 1.5 1.6 1.7 1.8 1.9 1.10 1.11 1.12 1.13 2.1.1 2.1.2 2.1.3 2.1.4 2.1.5 2.2.1 2.2.2 2.3.1 2.3.2
2.3.3 2.4.1 2.4.2 2.4.3 2.5 3.1.1 3.1.2 3.2.1 3.2.2 3.2.3 3.2.4 3.2.5 3.2.6 3.2.7 4.1.1 4.1.2 4.1.3 4.1.4 4.1.5 4.2 4.3
4.4.1 4.4.2 5.1.1 5.1.2 5.2 5.3 6.1 6.2 6.3 7.1 7.2 7.3 7.4 8.1 8.2 8.3 9.1'''.split()

errors = []


def table(path, columns):
    """The rows of a tab-separated file; lines that begin with # are comments."""
    rows = []
    with open(path, encoding='utf-8') as f:
        for n, line in enumerate(f, 1):
            if line.startswith('#') or not line.strip():
                continue
            fields = line.rstrip('\n').split('\t')
            if len(fields) != columns:
                errors.append(f'{os.path.basename(path)}:{n}: {len(fields)} columns instead of {columns}')
                continue
            rows.append(fields)
    return rows


def patches(kernel):
    """[(path, slug, subject)] of the series, in order."""
    found = []
    with open(os.path.join(kernel, 'series'), encoding='utf-8') as f:
        names = [line.split('#')[0].strip() for line in f]
    for name in filter(None, names):
        with open(os.path.join(kernel, name), encoding='utf-8') as f:
            text = f.read()
        subject = re.search(r'^Subject: \[PATCH\] (.*(?:\n .*)*)', text, re.M).group(1)
        slug = re.sub(r'^\d+-|\.patch$', '', os.path.basename(name))
        found.append((name, slug, ' '.join(subject.split())))
    return found


def cell(text):
    return text.replace('|', r'\|')


def patch_links(field, by_slug, used):
    if field == 'none needed' or field.startswith('absent: '):
        return cell(field)
    links = []
    for slug in (s.strip() for s in field.split(',')):
        if slug not in by_slug:
            errors.append(f'rows.tsv: no patch {slug} in the series')
            continue
        used.add(slug)
        name = by_slug[slug][0]
        links.append(f'[{name.split("/")[0]}/{os.path.basename(name)[:4]}]({name})')
    return ', '.join(links)


def main():
    kernel = sys.argv[1]
    series = patches(kernel)
    by_slug = {slug: (name, subject) for name, slug, subject in series}
    rows = table(os.path.join(kernel, 'rows.tsv'), 6)
    tests = table(os.path.join(kernel, 'tests.tsv'), 3)
    with open(os.path.join(kernel, 'README.in.md'), encoding='utf-8') as f:
        head = f.read()
    names = {t[0] for t in tests}

    have = [r[0] for r in rows]
    errors.extend(f'rows.tsv: row {row} is there {have.count(row)} times' for row in TABLE_2_1 if have.count(row) != 1)
    errors.extend(f'rows.tsv: row {row} is not in table 2.1' for row in have if row not in TABLE_2_1)
    for test in tests:
        if test[1] not in ('fail', 'pass'):
            errors.append(f'tests.tsv: {test[0]}: {test[1]} is neither fail nor pass')

    out = [head.rstrip(), '', '## The series', '', '| patch | what it does |', '|---|---|']
    out += [f'| [{name}]({name}) | {cell(subject)} |' for name, _, subject in series]
    out += ['', '## Table 2.1 of the 2007 report, row by row', '',
            '| row | item | 2007 | in Linux 6.12 | patch here | test |', '|---|---|---|---|---|---|']
    used, tested = set(), set()
    for row, title, status, place, patch, test in rows:
        row_tests = [t.strip() for t in test.split(',') if t.strip()]
        if not row_tests:
            errors.append(f'rows.tsv: row {row} has no test')
        for t in row_tests:
            tested.add(t)
            if t not in names:
                errors.append(f'rows.tsv: row {row}: no test {t} in tests.tsv')
        if status not in STATUS:
            errors.append(f'rows.tsv: row {row}: status {status}')
        out.append(f'| {row} | {cell(title)} | {STATUS.get(status, status)} | {cell(place)} | '
                   f'{patch_links(patch, by_slug, used)} | {", ".join(t.removesuffix(".sh") for t in row_tests)} |')
    out += ['', '## The selftests', '',
            '`tools/testing/selftests/net/` in a patched tree. One that shows a defect fails on the unpatched kernel.', '',
            '| test | unpatched 6.12 | shows |', '|---|---|---|']
    out += [f'| {t[0]} | {"fails" if t[1] == "fail" else "passes"} | {cell(t[2])} |' for t in tests]
    text = '\n'.join(out) + '\n'

    # table 2.1 is of Mobile IPv6; other topics have no rows in it
    for name in sorted(n for n in names - tested if n.startswith('mip6_')):
        errors.append(f'tests.tsv: {name} serves no row')
    readme = os.path.join(kernel, 'README.md')
    if '--check' in sys.argv:
        try:
            with open(readme, encoding='utf-8') as f:
                if f.read() != text:
                    errors.append('README.md is not what scripts/kernel readme writes')
        except FileNotFoundError:
            errors.append('README.md is missing: scripts/kernel readme writes it')
    for e in errors:
        print(f'kernel: {e}', file=sys.stderr)
    if errors:
        return 1
    if '--check' not in sys.argv:
        with open(readme, 'w', encoding='utf-8') as f:
            f.write(text)
    return 0


if __name__ == '__main__':
    sys.exit(main())
