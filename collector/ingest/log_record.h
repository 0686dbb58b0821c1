#pragma once

#include "collector/ingest/record_reader.h"
#include "common/wire/log_record.h"

#include <cstdint>
#include <span>
#include <vector>

namespace evd::collector {

// Turns the bytes of one datagram of the log socket into log records (Spec §4.2).
//
//      {"origin": text, "is_error": bool, "message": text,
//       "timestamp"?: u64 ns, "job_id"?: bin 16, ...}        or an array of such maps
//
// Datagrams come from any service on the machine and are never trusted. What is wrong with which
// part, and what is dropped for it, stands in RecordReader and Rulings L1, L4 and S11; an optional
// field of a wrong type counts as absent. The records point into the datagram and live as long as
// it does. Keeps no state between calls; one thread.
class LogRecordParser final : private RecordReader {
  public:
    // Puts the records onto the end of `out`; those that carry no time were received at that.
    void parse(std::span<const uint8_t> datagram, int64_t receipt_ns,
               std::vector<wire::LogRecord>& out, RejectCounts& rejects);

  private:
    enum Field { kOrigin, kIsError, kMessage, kTimestamp, kJobId };

    void beginRecord() override;
    int fieldNumber(std::string_view key) const override;
    bool readField(int field, wire::MsgpackReader& reader) override;
    void endRecord() override;
    bool readValue(Field field, const wire::MsgpackToken& value);
    bool takeText(const wire::MsgpackToken& value, std::string_view& text);

    wire::LogRecord record_;
    int64_t receipt_ns_ = 0;
    std::vector<wire::LogRecord>* out_ = nullptr;
};

}  // namespace evd::collector
