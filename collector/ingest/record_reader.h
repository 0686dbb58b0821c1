#pragma once

#include "collector/ingest/reject_reason.h"
#include "common/wire/msgpack.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace evd::collector {

// Fields of one record, known and unknown together.
inline constexpr uint32_t kRecordFieldsMax = 256;

// Walks over a datagram of records: one msgpack map, or an array of maps (Spec §4.2, §6.2).
//
// Takes away from the log and the metric door what they have in common: telling a datagram that is
// not msgpack, which is dropped whole, from a record that is no good, which is dropped alone; keys
// that come twice; keys that nobody knows, which are passed over; text that is not UTF-8. A record
// that has gone wrong is still read to its end, because a broken end spoils the datagram. Derived
// classes say which fields there are and judge their values. One thread; allocates only for records
// with unknown keys.
class RecordReader {
  public:
    RecordReader() = default;
    RecordReader(const RecordReader&) = delete;
    RecordReader& operator=(const RecordReader&) = delete;

  protected:
    ~RecordReader() = default;

    // Reads all records of the datagram. True, with the reasons of those that are no good added up,
    // or false with the one reason why there are none. Derived classes forget what they have then.
    bool readRecords(std::span<const uint8_t> datagram, RejectCounts& rejects);

    virtual void beginRecord() = 0;
    // A small number below 32 for a field of this record, or -1.
    virtual int fieldNumber(std::string_view key) const = 0;
    // Reads the one value that comes next, whatever it is; false when it is not msgpack. A value
    // that spoils the record is told by spoil().
    virtual bool readField(int field, wire::MsgpackReader& reader) = 0;
    // Every field was read and the record is not spoilt so far; it may still be.
    virtual void endRecord() = 0;

    // The first reason counts.
    void spoil(Reject reason) {
        if (!reason_) {
            reason_ = reason;
        }
    }
    bool isSpoilt() const { return reason_.has_value(); }
    bool wasRead(int field) const { return (fields_read_ >> field & 1U) != 0; }

  private:
    bool readRecord(wire::MsgpackReader& reader, const wire::MsgpackToken& head,
                    RejectCounts& rejects);
    bool readPair(wire::MsgpackReader& reader);
    bool passOver(wire::MsgpackReader& reader);
    void checkUnknownKeys();

    std::span<const uint8_t> datagram_;
    std::optional<Reject> reason_;
    uint32_t fields_read_ = 0;
    std::vector<std::string_view> unknown_keys_;  // text of text keys, encoded bytes of others
};

}  // namespace evd::collector
