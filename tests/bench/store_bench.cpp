// Rows per second that one shard stores from ready-made runs of 200-byte payloads, against the bare
// loop of the same run on the same disk: what of SQLite's speed is left once runs are checked,
// routed, receipted and answered. `store_bench [rows [events per run [folder]]]`.

#include "common/base/text.h"
#include "tests/bench/bare_loop.h"
#include "tests/bench/store_run.h"
#include "tests/support/temporary_directory.h"

#include <sys/resource.h>
#include <cstdio>

namespace {

namespace base = evd::base;
namespace bench = evd::bench;
namespace test = evd::test;
namespace wire = evd::wire;

// Of the whole process so far; steadier than wall time when the machine is shared.
double cpuSeconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

uint64_t argument(int count, char** values, int index, uint64_t otherwise) {
    const auto parsed = index < count ? base::parseU64(values[index]) : otherwise;
    return parsed.ok() ? parsed.value() : otherwise;
}

}  // namespace

int main(int argc, char** argv) {
    const uint64_t rows = argument(argc, argv, 1, 1'000'000);
    const uint64_t events_per_run = argument(argc, argv, 2, 3'000);
    const test::TemporaryDirectory folder;
    const double begun = cpuSeconds();
    const auto bare =
        bench::runBareLoop(folder / "bare.db", rows, 10'000, bench::kStorePayloadBytes);
    const double between = cpuSeconds();
    const auto stored = bench::runStore(folder / "events", rows, events_per_run, 1);
    std::printf("bare loop   %10.0f rows/s  %.0f bytes/row\n", bare.rows_per_second,
                bare.bytes_per_row);
    std::printf("store       %10.0f rows/s  ratio %.2f  %llu commits\n", stored.rows_per_second,
                stored.rows_per_second / bare.rows_per_second,
                static_cast<unsigned long long>(stored.commits));
    const double per_row = 1e9 / static_cast<double>(rows);
    std::printf("cpu a row   %10.0f ns bare  %.0f ns store, making the runs included\n",
                (between - begun) * per_row, (cpuSeconds() - between) * per_row);
    for (const wire::Measure& measure : stored.measures) {
        std::printf("  %-28s %lld\n", measure.name.c_str(), static_cast<long long>(measure.value));
    }
    return 0;
}
