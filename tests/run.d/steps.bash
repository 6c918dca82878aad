# The steps of tests/run, each a function, and how they are run.
# shellcheck shell=bash
builds=${BUILD_ROOT:-$PWD}
logs=$builds/build-logs
jobs=$(nproc)
export CCACHE_DEPEND=1 CCACHE_SLOPPINESS=pch_defines,time_macros

# lane STEP...: runs steps one after the other, until one fails; says how long each took, and of a
# failed one what it printed last. Must not stand in a condition, where set -e is without effect.
lane() {
    local step status began
    for step; do
        began=$SECONDS
        printf '%s  %s ...\n' "$(date +%H:%M:%S)" "$step"
        set +e
        (set -e && "step_$step") >"$logs/$step" 2>&1
        status=$?
        set -e
        if [ $status != 0 ]; then
            printf '\n== %s failed after %s s; all of it is in %s\n' \
                "$step" $((SECONDS - began)) "$logs/$step"
            tail -n 200 "$logs/$step"
            exit 1
        fi
        printf '%s  %s passed after %s s\n' "$(date +%H:%M:%S)" "$step" $((SECONDS - began))
        grep -E '^NOT (CHECKED|RUN)' "$logs/$step" || true
    done
}

# build PRESET FOLDER [TARGET...]
build() {
    local preset=$1 folder=$builds/$2
    shift 2
    cmake --preset "$preset" -B "$folder" -DCMAKE_CXX_COMPILER_LAUNCHER=ccache
    ninja -C "$folder" -j "$jobs" "$@"
}

# run_tests FOLDER CTEST-OPTION...: runs the tests of a build; a skipped one is a failed one. Most of
# them wait most of the time, so more of them run than there are processors.
run_tests() {
    local folder=$builds/$1
    shift
    ctest --test-dir "$folder" --output-on-failure --no-tests=error --parallel $((jobs * 3)) \
        --output-junit junit.xml "$@"
    if ! grep -q 'skipped="0"' "$folder/junit.xml"; then
        echo "A test was skipped." >&2
        return 1
    fi
}

# Other versions of clang's tools format and warn differently, so only Debian 12's are asked.
has_clang_14() {
    if clang-format --version 2>/dev/null | grep -q 'version 14\.'; then return; fi
    echo "NOT CHECKED: it needs clang 14, the one of Debian 12"
    return 1
}

step_install() {
    ./.ci/install "${later[@]}"
}

step_format() {
    has_clang_14 || return 0
    find lib common daemon tools firmware esphome tests \( -name '*.cpp' -o -name '*.hpp' \) -print0 |
        xargs -0 clang-format --dry-run -Werror
}

step_core() {
    build dev build-dev tests_core
    run_tests build-dev --label-regex core
}

step_asan() {
    build asan build-asan
    run_tests build-asan
}

step_flows() {
    build asan build-asan ir-meterd ir-meter-sim
    local status=0
    tests/node-red/run "$builds/build-asan" || status=$?
    [ $status = 0 ] || [ $status = 77 ]
}

step_plain() {
    build plain build tests_figures
    run_tests build --label-regex figures
}

step_firmware() {
    build plain build ir-meter-sim
    firmware/check "$builds/build/tools/ir-meter-sim/ir-meter-sim" "$builds/build-firmware"
}

# Whether each file of the product includes all that it names, which several compiled as one do not
# show.
each_alone() {
    local folder=$builds/build-lint-alone
    cmake --preset lint -B "$folder" -DCMAKE_UNITY_BUILD=OFF -DCMAKE_CXX_FLAGS_NONE=-fsyntax-only
    ninja -C "$folder" -t targets all | sed -n 's/\.o: CXX_COMPILER.*/.o/p' |
        xargs ninja -C "$folder" -j "$jobs"
}

# Our own code, a target as one file, as most of the time goes into the headers of others. To clang's
# analyser what is included is a header, which it leaves out, but for a file whose name begins with
# "UnifiedSource". In a function it gives up after a quarter of its usual number of states, which takes
# it a quarter of the time. Of the product alone, as every path through GoogleTest's macros takes it
# most of an hour.
step_lint() {
    has_clang_14 || return 0
    each_alone
    local folder=$builds/build-lint unit
    cmake --preset lint -B "$folder"
    find "$folder" -name 'unity_*.cxx' | while read -r unit; do
        mv "$unit" "${unit/unity_/UnifiedSource}"
    done
    sed -i 's:/unity_\([0-9]*_cxx\):/UnifiedSource\1:g' "$folder/compile_commands.json"
    if ! run-clang-tidy -quiet -config="$(cat .clang-tidy)" -p "$folder" -j "$jobs" \
        -extra-arg={-Wno-unknown-warning-option,-Xclang,-analyzer-config,-Xclang,max-nodes=50000} \
        >"$folder/log" 2>&1; then
        grep -E 'error:|warning:' "$folder/log" | sort -u
        return 1
    fi
}

step_fuzz() {
    build fuzz build-fuzz fuzz
    run_tests build-fuzz
}

step_tsan() {
    build tsan build-tsan tests_threads
    TSAN_OPTIONS=suppressions=$PWD/tests/tsan.supp run_tests build-tsan --label-regex threads
}
