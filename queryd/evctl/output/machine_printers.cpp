#include "common/wire/msgpack_json.h"
#include "queryd/evctl/output/record_printer.h"

namespace evd::evctl {

namespace {

// One object per line, keys sorted (contracts §7).
class JsonlPrinter final : public RecordPrinter {
  public:
    void record(std::span<const uint8_t> record, std::string& out) override {
        wire::appendJson(record, out);
        out += '\n';
    }
};

// One array, one record per line; the live part of a streaming query follows as lines like jsonl's.
class JsonPrinter final : public RecordPrinter {
  public:
    void begin(std::string& out) override { out += '['; }
    void record(std::span<const uint8_t> record, std::string& out) override {
        out += is_finished_ ? "" : is_first_ ? "\n" : ",\n";
        is_first_ = false;
        wire::appendJson(record, out);
        out += is_finished_ ? "\n" : "";
    }
    void finish(std::string& out) override {
        out += is_first_ ? "]\n" : "\n]\n";
        is_finished_ = true;
    }

  private:
    bool is_first_ = true;
    bool is_finished_ = false;
};

// The records as they came, one msgpack map after the other.
class MsgpackPrinter final : public RecordPrinter {
  public:
    void record(std::span<const uint8_t> record, std::string& out) override {
        out.append(reinterpret_cast<const char*>(record.data()), record.size());
    }
};

}  // namespace

std::unique_ptr<RecordPrinter> makeJsonlPrinter() {
    return std::make_unique<JsonlPrinter>();
}
std::unique_ptr<RecordPrinter> makeJsonPrinter() {
    return std::make_unique<JsonPrinter>();
}
std::unique_ptr<RecordPrinter> makeMsgpackPrinter() {
    return std::make_unique<MsgpackPrinter>();
}

}  // namespace evd::evctl
