# shellcheck shell=bash
# What was found, a line each, and waiting for what is to come. To be sourced.
#
#   step TITLE                    a heading for the lines that follow
#   check TEXT COMMAND...         "ok - TEXT" if the command succeeds, "NOT OK - TEXT" with what it
#                                 printed if not
#   check_soon TEXT COMMAND...    the same, with time for it to become true
#   not_run TEXT                  something that could not be tried here, and why
#   summary                       counts, and what was not run; fails if anything was not ok
#   wait_for SECONDS COMMAND...   tries until it succeeds; fails when the time is over

patience=60  # seconds; longer than anything takes on a slow machine
checks_ok=0
checks_failed=()
checks_not_run=()

step() { printf '# %s\n' "$*"; }

passed() {
    checks_ok=$((checks_ok + 1))
    printf 'ok - %s\n' "$1"
}

failed() {
    checks_failed+=("$1")
    printf 'NOT OK - %s\n' "$1"
    [ -z "${2-}" ] || tail -n 8 <<<"$2" | sed 's/^/#   /'
}

check() {
    local text=$1 output
    shift
    if output=$("$@" 2>&1); then
        passed "$text"
    else
        failed "$text" "$output"
    fi
}

check_soon() {
    local text=$1 output
    shift
    if output=$(wait_for "$patience" "$@" 2>&1); then
        passed "$text"
    else
        failed "$text" "$output"
    fi
}

not_run() {
    checks_not_run+=("$1")
    printf 'not run - %s\n' "$1"
}

summary() {
    local text
    printf '# %d ok, %d not ok, %d not run\n' \
        "$checks_ok" "${#checks_failed[@]}" "${#checks_not_run[@]}"
    for text in "${checks_failed[@]}"; do
        printf '# NOT OK: %s\n' "$text"
    done
    for text in "${checks_not_run[@]}"; do
        printf '# not run: %s\n' "$text"
    done
    [ ${#checks_failed[@]} = 0 ]
}

wait_for() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}
