#!/bin/bash
# The machine's service and its users, in a mount namespace of their own: run as root. A service of the user nobody, a member of the group
# that may steer, one of the group that may look, and a stranger, each by 'patron'.
#   tests/MachineService.sh [path of patron.dll]
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
patron=${1:-$here/src/TorrentPatron.Cli/bin/Debug/net10.0/patron.dll}
if [ "${INSIDE:-}" != 1 ]; then
    [ "$(id -u)" = 0 ] || { echo "Only root makes namespaces and becomes other users."; exit 2; }
    INSIDE=1 exec unshare -m "$0" "$patron"
fi

members=45001 readers=45002 failed=0
mount -t tmpfs -o mode=755 none /run
place=$(mktemp -d) && mount -t tmpfs -o mode=755 none "$place"
install -d -o 65534 -m 755 /run/torrentpatron "$place/root"
install -d -o 65534 -m 700 "$place/state"
install -d -m 777 "$place/home"
cp -r "$(dirname "$patron")" "$place/cli" && chmod -R a+rX "$place/cli"
unset TORRENTPATRON_STATE XDG_RUNTIME_DIR TORRENTPATRON_SERVICE
export HOME=$place/home DOTNET_CLI_HOME=$place/home

run() { dotnet exec "$place/cli/patron.dll" "$@" 2>&1; }
as() { local user=$1 groups=$2; shift 2; setpriv --reuid "$user" --regid "$user" $groups dotnet exec "$place/cli/patron.dll" "$@" 2>&1; }
expect() { # what is wanted in the output, and what it is
    if grep -q -- "$1" <<<"$3"; then echo "ok: $2"; else echo "FAILED: $2: $3"; failed=1; fi
}

setpriv --reuid 65534 --regid 65534 --groups $members,$readers dotnet exec "$place/cli/patron.dll" service --scope machine --root "$place/root" --group $members --readers-group $readers \
    --state "$place/state" --no-dht --no-local-discovery --no-port-mapping --quiet &
service=$!
for _ in $(seq 100); do [ -S /run/torrentpatron/service.sock ] && break; sleep 0.1; done
cd "$place/home" && head -c 100000 /dev/urandom > x.bin && run create x.bin > /dev/null && chmod a+r ./*

expect 'DestinationNotAllowed\|may not write to' 'nothing starts outside the roots' "$(as 4001 "--groups $members" start x.bin.torrent --service --destination "$place/home")"
expect 'Started: x.bin' 'a member starts a torrent below a root' "$(as 4001 "--groups $members" start x.bin.torrent --service --destination "$place/root/x")"
expect 'x.bin' 'a reader sees it' "$(as 4002 "--groups $readers" list)"
expect 'may only read' 'a reader does not stop it' "$(as 4002 "--groups $readers" stop x.bin)"
expect 'is not allowed to use' 'a user in neither group is refused with the reason' "$(as 4003 --clear-groups list)"
expect 'x.bin' 'root finds the service' "$(run list)"
expect 'x.bin' 'another member stops it' "$(as 4004 "--groups $members" stop x.bin)"
kill $service; wait $service
expect '^0$' 'the service ends in order' $?
exit $failed
