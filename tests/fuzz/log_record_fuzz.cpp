// evd_fuzz_links: evd_collector_ingest
// Whatever a datagram of the log socket holds, its records are such as the store may believe; and a
// datagram is malformed exactly when it is not msgpack.

#include "collector/ingest/log_record.h"
#include "common/base/check.h"
#include "common/base/text.h"

namespace {

bool isInside(std::string_view text, std::span<const uint8_t> datagram) {
    const auto* const begin = reinterpret_cast<const char*>(datagram.data());
    return text.empty() ||
           (text.data() >= begin && text.data() + text.size() <= begin + datagram.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using evd::collector::Reject;
    evd::collector::LogRecordParser parser;
    std::vector<evd::wire::LogRecord> records;
    evd::collector::RejectCounts rejects;
    parser.parse({data, size}, 1, records, rejects);
    for (const auto& record : records) {
        EVD_CHECK(!record.origin.empty() && evd::base::isUtf8(record.origin), "an origin is text");
        EVD_CHECK(evd::base::isUtf8(record.message), "a message is text");
        EVD_CHECK(record.timestamp_ns >= 0, "a time is not negative");
        EVD_CHECK(isInside(record.origin, {data, size}) && isInside(record.message, {data, size}),
                  "text points into the datagram");
    }
    const bool is_spoilt = rejects.of(Reject::Malformed) + rejects.of(Reject::TrailingBytes) > 0;
    EVD_CHECK(!is_spoilt || (records.empty() && rejects.total() == 1),
              "a spoilt datagram has no records");
    const bool is_valid = evd::wire::validateMsgpack({data, size}, 32).ok();
    EVD_CHECK(!is_valid || !is_spoilt, "what is msgpack is judged record by record");
    return 0;
}
