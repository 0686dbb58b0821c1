// evd_fuzz_links: evd_queryd_evctl_import evd_common_wire
// Metrics text comes from whoever was scraped.

#include "queryd/evctl/import/open_metrics.h"
#include "tests/fuzz/support/import_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    evd::test::fuzzImport(evd::base::asText({data, size}), [](auto& report, auto& sink) {
        return evd::evctl::makeOpenMetricsParser({1'000, true}, report, sink);
    });
    return 0;
}
