# What both tests wait and ask with; to be sourced.

# await WHAT COMMAND...: until the command succeeds, for 60 s
await() {
    local what=$1 deadline=$((SECONDS + 60))
    shift
    until "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge $deadline ]; then
            echo "NOT OK  $what, waited for 60 s"
            return 1
        fi
        read -r -t 0.2 <> <(:) || true
    done
    echo "ok      $what"
}

# property NAME: of the meter, as busctl prints it, on the bus that $bus says
property() {
    busctl "${bus:?}" get-property org.irmeterd.IrMeter1 /org/irmeterd/IrMeter1/Meter/main \
        org.irmeterd.IrMeter1.Meter "$1"
}

has() { [ "$(property "$1")" = "$2" ]; }

# A register of the simulated household is far from 0.
counts() { property "$1" | grep -qE '^d [1-9]'; }
