// evd_fuzz_links: evd_store evd_collector_kmesd evd_common_access evd_common_base
//
// The short texts that other parsers, other processes and old files bring along: GUIDs, SIDs,
// numbers, hex, the names of parked rings, kinds of rollups. What is read
// and has a text of its own is that text again.

#include "collector/kmesd/ring_name.h"
#include "common/access/sid.h"
#include "common/base/check.h"
#include "common/base/guid.h"
#include "common/base/text.h"
#include "store/rollup_policy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    namespace base = evd::base;
    const std::string_view text = base::asText({data, size});
    if (const auto guid = base::parseGuid(text)) {
        const std::string own = base::formatGuid(guid.value());
        EVD_CHECK(base::parseGuid(own).ok() && base::parseGuid(own).value() == guid.value(),
                  "a GUID's text is that GUID");
        EVD_CHECK(own.find(base::foldAscii(text)) != std::string::npos, "and says what was read");
    }
    if (const auto sid = evd::access::Sid::parseText(text)) {
        const auto again = evd::access::Sid::parseText(sid.value().text());
        EVD_CHECK(again.ok() && again.value() == sid.value(), "a SID's text is that SID");
        EVD_CHECK(evd::access::Sid::parse(sid.value().bytes()).ok(), "and so are its bytes");
    }
    if (const auto number = base::parseU64(text)) {
        const std::string own = base::cat(number.value());
        EVD_CHECK(text.ends_with(own) &&
                      text.find_first_not_of('0') >= (text.size() - own.size()) - (own == "0"),
                  "a number is its digits");
    }
    if (const auto bytes = base::decodeHex(text)) {
        EVD_CHECK(base::encodeHex(bytes.value()) == base::foldAscii(text), "hex is its digits");
    }
    if (const auto ring = evd::collector::parseRingName(text)) {
        EVD_CHECK(evd::collector::formatRingName(*ring) == text, "a ring has one name");
    }
    if (const auto kind = evd::store::parseRollupKind(text)) {
        EVD_CHECK(evd::store::rollupKindText(*kind) == text, "a kind of rollup has one name");
    }
    return 0;
}
