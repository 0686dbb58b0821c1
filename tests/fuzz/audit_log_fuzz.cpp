// evd_fuzz_links: evd_queryd_evctl_import evd_common_wire
// Audit records hold names that users choose.

#include "queryd/evctl/import/audit_log.h"
#include "tests/fuzz/support/import_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    evd::test::fuzzImport(evd::base::asText({data, size}), [](auto& report, auto& sink) {
        return evd::evctl::makeAuditLogParser(report, sink);
    });
    return 0;
}
