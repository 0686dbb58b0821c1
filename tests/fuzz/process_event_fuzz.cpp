// evd_fuzz_links: evd_collector_linux
// Whatever a receive on the process connector gives, what comes out are processes.

#include "collector/linux/process_event.h"
#include "common/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    for (const auto& event : evd::collector::parseConnectorBytes({data, size})) {
        EVD_CHECK(event.pid > 0, "a process has a number");
        EVD_CHECK(event.name.size() <= 16, "a name has at most sixteen bytes");
    }
    return 0;
}
