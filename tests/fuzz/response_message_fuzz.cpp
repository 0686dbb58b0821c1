// evd_fuzz_links: evd_queryd_client evd_queryd_evctl_output evd_queryd_transport

// The client's door: the body of a response frame, and everything that evctl does with the records
// in it. What the typed form of a record loses against msgpack is nothing but the type of
// extensions.

#include "common/base/check.h"
#include "common/base/text.h"
#include "queryd/client/response_message.h"
#include "queryd/client/value_reader_service.h"
#include "queryd/evctl/output/record_printer.h"
#include "queryd/transport/value_writer_service.h"

#include <capnp/message.h>

namespace {

using evd::evctl::Format;

void printInEveryFormat(std::span<const uint8_t> record) {
    const evd::base::SystemClock clock;
    for (const Format format : {Format::Table, Format::Pretty, Format::Jsonl, Format::Json,
                                Format::Csv, Format::Msgpack}) {
        const auto printer =
            evd::evctl::makePrinter(format, {evd::evctl::TimeStyle::Utc, true, 100}, clock);
        printer->survey(record);
        std::string out;
        printer->begin(out);
        printer->record(record, out);
        printer->finish(out);
        printer->record(record, out);
        if (format == Format::Jsonl) {
            EVD_CHECK(evd::base::isUtf8(out), "a line of JSON that is not UTF-8");
            EVD_CHECK(out.find('\n') < out.size(), "a line of JSON without its end");
        }
    }
}

void travelByRpc(std::span<const uint8_t> record) {
    capnp::MallocMessageBuilder message;
    const auto out = message.initRoot<evd::schema::ResultRecord>();
    if (evd::queryd::writeRecord(record, out).ok()) {
        std::vector<uint8_t> back;
        (void)evd::queryd::appendRecord(out.asReader(), back);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto message = evd::queryd::parseResponse({data, size});
    if (!message.ok()) {
        return 0;
    }
    for (const auto record : message.value().records) {
        printInEveryFormat(record);
        travelByRpc(record);
    }
    return 0;
}
