# shellcheck shell=sh
# What the fake subjects share: the options of the call as variables, and the records of an honest subject.
# The answer of every workload is the seed, which is also what their oracle, `honest`, says.
while [ $# -gt 0 ]; do
    case $1 in
        --describe)
            printf '{"v":1,"kind":"describe","subject":"fake","version":"1","build":{"compiler":"","flags":""},"workloads":["plain","nap"],"unsupported":{}}\n' >&3
            exit 0 ;;
        --workload) workload=$2 ;;
        --tasks) tasks=$2 ;;
        --workers) workers=$2 ;;
        --phases) phases=$2 ;;
        --seed) seed=$2 ;;
    esac
    shift 2
done

hello() {
    printf '{"v":1,"kind":"hello","subject":"fake","version":"1","workload":"%s","tasks":%s,"workers":%s,"build":{"compiler":"","flags":""}}\n' "$workload" "$tasks" "$workers" >&3
}

# sample I [WALL_NS] [CPU_NS] [MORE KEYS]
sample() {
    printf '{"v":1,"kind":"sample","i":%s,"wall_ns":%s,"cpu_ns":%s,"rss_before_bytes":1000000,"peak_rss_bytes":1100000%s}\n' "$1" "${2:-1000}" "${3:-1000}" "$4" >&3
}

samples() { # samples COUNT
    i=0
    while [ "$i" -lt "$1" ]; do sample "$i"; i=$((i + 1)); done
}

finish() { # finish [ANSWER] [COMPLETED]
    printf '{"v":1,"kind":"done","completed":%s,"answer":"%s"}\n' "${2:-$tasks}" "${1:-$seed}" >&3
}

honest() { hello; samples "$phases"; finish; }
