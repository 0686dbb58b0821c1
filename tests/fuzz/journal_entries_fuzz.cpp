// evd_fuzz_links: evd_queryd_evctl_import evd_common_wire
// Journal entries of anybody: lengths and line breaks are theirs to choose.

#include "queryd/evctl/import/journal_entries.h"
#include "tests/fuzz/support/import_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    evd::test::fuzzImport(evd::base::asText({data, size}), [](auto& report, auto& sink) {
        return evd::evctl::makeJournalParser(report, sink);
    });
    return 0;
}
