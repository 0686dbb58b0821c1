// evd_fuzz_links: evd_queryd_evctl
// A place file may be anything; one that is read is written again as what it was.

#include "queryd/evctl/export_place.h"

#include "common/base/check.h"
#include "common/base/text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto place = evd::evctl::parseExportPlace(evd::base::asText({data, size}));
    if (!place.ok()) {
        return 0;
    }
    const auto again = evd::evctl::parseExportPlace(evd::evctl::formatExportPlace(place.value()));
    EVD_CHECK(again.ok() && again.value() == place.value(), "a place survives its file");
    return 0;
}
