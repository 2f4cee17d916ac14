#!/usr/bin/env bash
# Fuzzes one decoder with AFL++, which learns from the branches that inputs take. Beside 'dotnet test', not part of it.
#
#   tests/Fuzz/Guided/guided.sh TARGET [SECONDS]      a target's name is one of: dotnet run --project tests/Fuzz -- --list
#
# Needs afl-fuzz (Debian: afl++) and NuGet. Inputs that failed are in artifacts/guided/TARGET/found/default/crashes; each is tried again,
# and why it fails is printed. One that is mended becomes a file in tests/Fuzz/Regressions.
set -euo pipefail
target=${1:?which target?}
seconds=${2:-300}
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
work=$PWD/artifacts/guided
program=$work/program
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

command -v afl-fuzz >/dev/null || { echo "afl-fuzz is missing: apt install afl++"; exit 2; }
[ -x "$work/tools/sharpfuzz" ] || dotnet tool install SharpFuzz.CommandLine --version '2.3.*' --tool-path "$work/tools" >/dev/null
if [ ! -e "$program/instrumented" ]; then
    rm -rf "$program"
    dotnet build tests/Fuzz -c Release -v quiet -p:GuidedFuzzing=true --artifacts-path "$work/build"
    cp -R "$work/build/bin/TorrentPatron.Fuzz.Tests/release" "$program"
    for assembly in Protocol Service; do
        "$work/tools/sharpfuzz" "$program/TorrentPatron.$assembly.dll"
    done
    touch "$program/instrumented"
fi

run=(dotnet "$program/TorrentPatron.Fuzz.Tests.dll")
rm -rf "${work:?}/$target"
# What is built anew for other reasons is not instrumented: samples are made by the other program.
dotnet "$work/build/bin/TorrentPatron.Fuzz.Tests/release/TorrentPatron.Fuzz.Tests.dll" --target "$target" --samples "$work/$target/samples"
AFL_SKIP_BIN_CHECK=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 \
    timeout $((seconds + 60)) afl-fuzz -i "$work/$target/samples" -o "$work/$target/found" -V "$seconds" -t 10000 -m none -- \
    "${run[@]}" --guided "$target" >"$work/$target/log.txt" 2>&1 || { tail -20 "$work/$target/log.txt"; exit 2; }

grep -E '^(execs_done|execs_per_sec|corpus_count|corpus_found|edges_found|saved_crashes|saved_hangs)' "$work/$target/found/default/fuzzer_stats"
status=0
for input in "$work/$target/found/default/crashes"/id* "$work/$target/found/default/hangs"/id*; do
    [ -e "$input" ] || continue
    echo "$input"
    timeout 30 dotnet "$work/build/bin/TorrentPatron.Fuzz.Tests/release/TorrentPatron.Fuzz.Tests.dll" --target "$target" --input "$input" 2>&1 | head -4 || true
    status=1
done
exit $status
