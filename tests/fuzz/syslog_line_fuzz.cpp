// evd_fuzz_links: evd_collector_ingest
// Whatever a syslog datagram holds, what comes out is a record that the store may believe.

#include "collector/ingest/syslog_line.h"
#include "common/base/check.h"
#include "common/base/text.h"

#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::vector<uint8_t> datagram(data, data + size);
    const auto record = evd::collector::parseSyslogLine(datagram, 1);
    if (!record) {
        return 0;
    }
    EVD_CHECK(!record->origin.empty() && evd::base::isUtf8(record->origin), "an origin is text");
    EVD_CHECK(record->origin.size() <= evd::wire::kLogOriginBytesMax, "an origin is short");
    EVD_CHECK(!record->message.empty() && evd::base::isUtf8(record->message), "a message is text");
    EVD_CHECK(record->timestamp_ns >= 0, "a time is not negative");
    const auto* const begin = reinterpret_cast<const char*>(datagram.data());
    EVD_CHECK(record->message.data() >= begin &&
                  record->message.data() + record->message.size() <= begin + size,
              "a message points into the datagram");
    return 0;
}
