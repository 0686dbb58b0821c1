// evd_fuzz_links: evd_collector_linux
// Whatever stands in the files of /proc, what is told about it are metrics that a receiver takes.
// The first byte says which file it is.

#include "collector/linux/host_measurements.h"
#include "common/base/check.h"
#include "common/base/text.h"
#include "common/wire/metric_labels.h"

#include <cmath>

namespace {

void readAs(uint8_t kind, std::string_view text, evd::collector::HostSnapshot& out) {
    switch (kind % 8) {
        case 0:
            out.stat = evd::collector::parseHostStat(text);
            break;
        case 1:
            out.memory = evd::collector::parseNamedNumbers(text);
            break;
        case 2:
            out.disks = evd::collector::parseDiskStats(text);
            break;
        case 3:
            out.interfaces = evd::collector::parseNetDev(text);
            break;
        case 4:
            out.load = evd::collector::parseLoadAverage(text);
            break;
        case 5:
            out.pressure.push_back({"cpu", evd::collector::parsePressure(text)});
            break;
        case 6:
            out.uptime_seconds = evd::collector::parseUptime(text);
            break;
        case 7:
            for (const auto& mount : evd::collector::parseMounts(text)) {
                out.file_systems.push_back({mount, 3, 2, 1, 2, 1});
            }
            break;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) {
        return 0;
    }
    evd::collector::HostSnapshot snapshot;
    readAs(data[0], evd::base::asText({data + 1, size - 1}), snapshot);
    reportHost(snapshot, &snapshot, [](const evd::wire::MetricRecord& record) {
        std::vector<evd::wire::MetricLabel> labels(record.labels.begin(), record.labels.end());
        std::string text;
        EVD_CHECK(evd::wire::writeCanonicalLabels(labels, text).ok(), "labels are canonical");
        EVD_CHECK(std::isfinite(record.value) && record.value >= 0, "values are numbers");
    });
    return 0;
}
