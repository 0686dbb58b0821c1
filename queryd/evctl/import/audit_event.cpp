#include "queryd/evctl/import/audit_event.h"

#include "common/base/text.h"
#include "common/wire/msgpack.h"
#include "queryd/evctl/import/audit_value.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace evd::evctl {

namespace {

using wire::MsgpackWriter;

constexpr auto kManyOfAKind = std::to_array<std::string_view>({"PATH", "AVC", "OBJ_PID"});
constexpr std::string_view kExecve = "EXECVE";
constexpr uint64_t kArgumentsMax = 65'536;

// SYSCALL → syscall, UNKNOWN[1334] → unknown_1334.
std::string plainName(std::string_view type) {
    std::string name;
    for (const char letter : base::foldAscii(type)) {
        const bool is_plain = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
        name += is_plain ? letter : '_';
    }
    while (name.ends_with('_')) {
        name.pop_back();
    }
    return name.empty() ? "record" : name;
}

// a3, and a3[1] for a piece of a long one: the number of the argument.
bool argumentNumber(std::string_view name, uint64_t& number) {
    if (!name.starts_with('a')) {
        return false;
    }
    const auto digits = base::parseU64(name.substr(1, name.find('[') - 1));
    number = digits.ok() ? digits.value() : 0;
    return digits.ok() && digits.value() < kArgumentsMax;
}

class EventWriter {
  public:
    explicit EventWriter(const std::vector<AuditLine>& records) : records_(records) {}

    AuditEvent write() {
        const AuditLine& first = records_.front();
        const size_t map = writer_.openMap();
        number("time", static_cast<uint64_t>(first.time_ns));
        number("serial", first.serial);
        if (!first.node.empty()) {
            key("node");
            writer_.text(first.node);
        }
        for (size_t i = 0; i < records_.size(); ++i) {
            writeFrom(i);
        }
        writer_.setMapCount(map, pairs_);
        event_.type = base::cat("audit.", plainName(first.type));
        return std::move(event_);
    }

  private:
    void key(std::string_view name) {
        writer_.text(name);
        ++pairs_;
    }
    void number(std::string_view name, uint64_t value) {
        key(name);
        writer_.unsignedInteger(value);
    }

    // What begins with this record: itself, or, if it is the first of them, all of its kind.
    void writeFrom(size_t at) {
        const std::string& type = records_[at].type;
        const size_t earlier = static_cast<size_t>(
            std::count_if(records_.begin(), records_.begin() + static_cast<ptrdiff_t>(at),
                          [&](const AuditLine& record) { return record.type == type; }));
        const bool is_collected =
            type == kExecve ||
            std::find(kManyOfAKind.begin(), kManyOfAKind.end(), type) != kManyOfAKind.end();
        if (type == "EOE" || (is_collected && earlier > 0)) {
            return;
        }
        std::string name = plainName(type);
        name = earlier == 0 ? name : base::cat(name, '_', earlier + 1);
        while (!names_.insert(name).second) {
            name += '_';  // two types that look alike
        }
        key(name);
        if (type == kExecve) {
            writeCommand();
        } else if (is_collected) {
            writeAll(type);
        } else {
            writeRecord(records_[at]);
        }
    }

    void writeAll(const std::string& type) {
        const auto is_of_type = [&](const AuditLine& record) { return record.type == type; };
        writer_.arrayHeader(
            static_cast<uint32_t>(std::count_if(records_.begin(), records_.end(), is_of_type)));
        for (const AuditLine& record : records_) {
            if (is_of_type(record)) {
                writeRecord(record);
            }
        }
    }

    void writeRecord(const AuditLine& record) {
        const size_t map = writer_.openMap();
        uint32_t pairs = 0;
        std::set<std::string_view> names;
        if (!record.words.empty()) {
            writer_.text("text");
            writeTextOrBytes(record.words, writer_);
            names.insert("text");
            ++pairs;
        }
        for (const AuditField& field : record.fields) {
            std::vector<uint8_t> value;
            MsgpackWriter writer(value);
            // A name that comes again says the same again, or less.
            if (writeAuditValue(record.type, field, writer) && names.insert(field.name).second) {
                writer_.text(field.name);
                writer_.raw(value);
                ++pairs;
            }
        }
        writer_.setMapCount(map, pairs);
    }

    void writeCommand() {
        std::map<uint64_t, std::string> arguments;
        for (const AuditLine& record : records_) {
            for (const AuditField& field : record.fields) {
                uint64_t at = 0;
                const bool is_length = field.name.ends_with("_len");
                if (record.type == kExecve && !is_length && argumentNumber(field.name, at)) {
                    arguments[at] += auditArgument(field);
                }
            }
        }
        writer_.mapHeader(2);
        writer_.text("argc");
        writer_.unsignedInteger(arguments.size());
        writer_.text("argv");
        writer_.arrayHeader(static_cast<uint32_t>(arguments.size()));
        for (const auto& [at, argument] : arguments) {
            writeTextOrBytes(argument, writer_);
        }
    }

    const std::vector<AuditLine>& records_;
    AuditEvent event_;
    MsgpackWriter writer_{event_.payload};
    uint32_t pairs_ = 0;
    std::set<std::string> names_ = {"time", "serial", "node"};
};

}  // namespace

AuditEvent makeAuditEvent(const std::vector<AuditLine>& records) {
    return EventWriter(records).write();
}

}  // namespace evd::evctl
