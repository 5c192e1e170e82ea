"""Measures the engine, DuckDB and chDB on the same files, in turns, and prints a table of medians.

    python peers.py DIRECTORY BENCH_PROGRAM [--threads 2] [--rounds 3] [--query NAME]

BENCH_PROGRAM is what `cargo bench -p tesem-engine --bench hunting --no-run` built.
Each engine gets a process of its own in each round; each query runs once in it, as a hunter would run it.
"""

import argparse
import json
import math
import pathlib
import statistics
import subprocess
import sys
import time

NETWORK, PROCESS = "DeviceNetworkEvents", "DeviceProcessEvents"

# Where the two dialects differ there are two texts. {in} is the list of addresses.
QUERIES = {
    "filter_count": {
        "both": """SELECT count(*), sum(n) FROM (SELECT DeviceName, count(*) AS n FROM {network}
            WHERE ActionType = 'ConnectionSuccess' AND RemotePort = 443 GROUP BY DeviceName)""",
    },
    "last_day": {
        "duckdb": """SELECT count(*), sum(n) FROM (SELECT DeviceName, count(*) AS n FROM {network}
            WHERE Timestamp >= TIMESTAMPTZ '2026-05-30 00:00:00+00' AND RemotePort = 3389 GROUP BY DeviceName)""",
        "chdb": """SELECT count(*), sum(n) FROM (SELECT DeviceName, count(*) AS n FROM {network}
            WHERE Timestamp >= toDateTime64('2026-05-30 00:00:00', 6, 'UTC') AND RemotePort = 3389 GROUP BY DeviceName)""",
    },
    "dcount": {
        "duckdb": """SELECT count(*), sum(n) FROM (SELECT DeviceName, date_trunc('hour', Timestamp) AS hour,
            approx_count_distinct(RemoteIP) AS n FROM {network} GROUP BY ALL)""",
        "chdb": """SELECT count(*), sum(n) FROM (SELECT DeviceName, toStartOfHour(Timestamp) AS hour,
            uniqCombined(14)(RemoteIP) AS n FROM {network} GROUP BY DeviceName, hour)""",
    },
    "has": {
        "duckdb": r"""SELECT count(*), sum(n) FROM (SELECT DeviceName, count(*) AS n FROM {network}
            WHERE InitiatingProcessCommandLine ILIKE '%mimikatz%'
            AND regexp_matches(InitiatingProcessCommandLine, '(?i)(^|[^\pL\pN])mimikatz($|[^\pL\pN])') GROUP BY DeviceName)""",
        "chdb": """SELECT count(*), sum(n) FROM (SELECT DeviceName, count(*) AS n FROM {network}
            WHERE hasTokenCaseInsensitive(InitiatingProcessCommandLine, 'mimikatz') GROUP BY DeviceName)""",
    },
    "has_frequent": {
        "duckdb": r"""SELECT count(*), sum(n) FROM (SELECT DeviceName, count(*) AS n FROM {network}
            WHERE InitiatingProcessCommandLine ILIKE '%encodedcommand%'
            AND regexp_matches(InitiatingProcessCommandLine, '(?i)(^|[^\pL\pN])encodedcommand($|[^\pL\pN])') GROUP BY DeviceName)""",
        "chdb": """SELECT count(*), sum(n) FROM (SELECT DeviceName, count(*) AS n FROM {network}
            WHERE hasTokenCaseInsensitive(InitiatingProcessCommandLine, 'encodedcommand') GROUP BY DeviceName)""",
    },
    "join": {
        "both": """SELECT count(*), sum(n) FROM (SELECT p.AccountName, count(*) AS n
            FROM {network} AS e INNER JOIN {process} AS p
            ON p.DeviceId = e.DeviceId AND p.ProcessId = e.InitiatingProcessId
            WHERE p.FileName = 'powershell.exe' AND e.RemotePort = 443 GROUP BY p.AccountName)""",
    },
    "parse": {
        "duckdb": r"""SELECT count(*), sum(n) FROM (SELECT Host, count(*) AS n FROM (
            SELECT regexp_extract(RemoteUrl, '^(.*?)://(.*?)/(.*)$', 2, 's') AS Host FROM {network}) GROUP BY Host)""",
        "chdb": r"""SELECT count(*), sum(n) FROM (SELECT regexpExtract(RemoteUrl, '(?s)^(.*?)://(.*?)/(.*)$', 2) AS Host,
            count(*) AS n FROM {network} GROUP BY Host)""",
    },
    "extract": {
        "duckdb": r"""SELECT count(*), sum(n) FROM (SELECT Port, count(*) AS n FROM (
            SELECT regexp_extract(InitiatingProcessCommandLine, '-p (\d+) /handle', 1) AS Port FROM {network})
            WHERE Port <> '' GROUP BY Port)""",
        "chdb": r"""SELECT count(*), sum(n) FROM (
            SELECT extract(InitiatingProcessCommandLine, '-p (\\d+) /handle') AS Port, count(*) AS n
            FROM {network} WHERE Port <> '' GROUP BY Port)""",
    },
    "make_set": {
        "duckdb": """SELECT count(*), sum(len(s)) FROM (SELECT DeviceName, list(DISTINCT RemoteIP) AS s
            FROM {network} GROUP BY DeviceName)""",
        "chdb": """SELECT count(*), sum(length(s)) FROM (SELECT DeviceName, groupUniqArray(RemoteIP) AS s
            FROM {network} GROUP BY DeviceName)""",
    },
    "in_10000": {
        "both": """SELECT count(*), sum(n) FROM (SELECT RemoteIP, count(*) AS n FROM {network}
            WHERE RemoteIP IN ({in}) GROUP BY RemoteIP)""",
    },
}

# Estimates differ from engine to engine.
ESTIMATED = {"dcount"}


def text(name, engine, directory, table):
    texts = QUERIES[name]
    addresses = (directory / "indicators.txt").read_text().split("\n")
    query = texts.get(engine) or texts["both"]
    for key, value in {
        "network": table(NETWORK),
        "process": table(PROCESS),
        "in": ",".join(f"'{address}'" for address in addresses),
    }.items():
        query = query.replace("{" + key + "}", value)
    return query


def duckdb_runner(directory, threads):
    import duckdb

    connection = duckdb.connect(config={"threads": threads, "memory_limit": "12GB"})
    connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
    table = lambda name: f"read_parquet('{directory / name}.parquet')"
    return lambda name: connection.execute(text(name, "duckdb", directory, table)).fetchone()


def chdb_runner(directory, threads):
    from chdb import session

    connection = session.Session()
    connection.query(f"SET max_threads = {threads}")
    connection.query("SET max_query_size = 10000000")
    connection.query("SET max_bytes_before_external_group_by = 0, max_memory_usage = 12000000000")
    # Read as non-null, as our files have it.
    connection.query("SET schema_inference_make_columns_nullable = 0")
    table = lambda name: f"file('{directory / name}.parquet', 'Parquet')"
    def run(name):
        answer = connection.query(text(name, "chdb", directory, table), "JSONCompactEachRow")
        return json.loads(str(answer))
    return run


RUNNERS = {"duckdb": duckdb_runner, "chdb": chdb_runner}


def measure_here(engine, directory, threads, only):
    run = RUNNERS[engine](directory, threads)
    for name in QUERIES:
        if only and name != only:
            continue
        start = time.perf_counter()
        answer = run(name)
        milliseconds = round((time.perf_counter() - start) * 1000)
        line = {"query": name, "milliseconds": milliseconds, "answer": [int(value) for value in answer]}
        print(json.dumps(line), flush=True)


def measured(command):
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in lines.splitlines() if line.startswith("{")]


def compare(options):
    shared = [str(options.directory), str(options.threads)]
    only = [options.query] if options.query else []
    commands = {
        "tesem": [options.program, "run", *shared, *only],
        "duckdb": [sys.executable, __file__, "--peer", "duckdb", *shared, *only],
        "chdb": [sys.executable, __file__, "--peer", "chdb", *shared, *only],
    }
    times, answers = {}, {}
    for round_ in range(options.rounds):
        for engine, command in commands.items():
            for line in measured(command):
                times.setdefault(line["query"], {}).setdefault(engine, []).append(line["milliseconds"])
                answers.setdefault(line["query"], {})[engine] = line["answer"]
            print(f"round {round_ + 1}: {engine}", file=sys.stderr)
    report(times, answers)


def report(times, answers):
    print("| query | tesem ms | DuckDB ms | chDB ms | tesem / faster of the two | answers |")
    print("| --- | ---: | ---: | ---: | ---: | --- |")
    ratios = []
    for query, engines in times.items():
        median = {engine: statistics.median(values) for engine, values in engines.items()}
        ratio = median["tesem"] / min(median["duckdb"], median["chdb"])
        ratios.append(ratio)
        found = answers[query]
        same = len({tuple(answer) for answer in found.values()}) == 1
        verdict = "equal" if same else str(found) if query not in ESTIMATED else f"estimates {found}"
        row = [query, *(f"{median[engine]:.0f}" for engine in ("tesem", "duckdb", "chdb")), f"{ratio:.2f}", verdict]
        print("| " + " | ".join(row) + " |")
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
    print(f"\ngeometric mean of the ratios: {mean:.2f}")


def main():
    if sys.argv[1:2] == ["--peer"]:
        engine, directory, threads, *only = sys.argv[2:]
        measure_here(engine, pathlib.Path(directory), int(threads), only[0] if only else None)
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("program")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--query", choices=list(QUERIES))
    compare(parser.parse_args())


if __name__ == "__main__":
    main()
