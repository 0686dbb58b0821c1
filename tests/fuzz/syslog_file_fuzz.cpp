// evd_fuzz_links: evd_queryd_evctl_import evd_common_wire
// Lines of a syslog file, which anybody who may log can write.

#include "queryd/evctl/import/syslog_file.h"
#include "tests/fuzz/support/import_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    evd::test::fuzzImport(evd::base::asText({data, size}), [](auto& report, auto& sink) {
        return evd::evctl::makeSyslogFileParser({1'767'355'200'000'000'000, true}, report, sink);
    });
    return 0;
}
