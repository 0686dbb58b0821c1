// evd_fuzz_links: evd_collector_linux
// Whatever a read of /dev/kmsg gives, what comes out are lines of UTF-8.

#include "collector/linux/kernel_log_line.h"
#include "common/base/check.h"
#include "common/base/text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto record = evd::collector::parseKernelLogRecord(evd::base::asText({data, size}));
    if (!record.ok()) {
        return 0;
    }
    EVD_CHECK(record.value().level <= 7, "there are eight levels");
    EVD_CHECK(!record.value().lines.empty(), "a record has a line, if an empty one");
    for (const std::string& line : record.value().lines) {
        EVD_CHECK(evd::base::isUtf8(line), "lines are text");
        EVD_CHECK(line.find('\n') == std::string::npos, "a line is one line");
    }
    return 0;
}
