#include "queryd/access/audit_event.h"

#include "common/base/text.h"
#include "common/wire/msgpack.h"

#include <unistd.h>
#include <algorithm>
#include <array>
#include <climits>
#include <span>

namespace evd::queryd {

namespace {

// What an event of KMES may hold is 64 KiB; the other parts need a fraction of it.
constexpr size_t kAceBytesMax = size_t{32} << 10;

void writeSubject(const access::Token& token, wire::MsgpackWriter& out) {
    const size_t shown = std::min(token.groups.size(), kAuditGroupsMax);
    out.mapHeader(5);
    out.text("user_sid");
    out.bytes(token.user.bytes());
    out.text("group_sids");
    out.arrayHeader(static_cast<uint32_t>(shown));
    for (const auto& group : std::span(token.groups).first(shown)) {
        out.bytes(group.sid.bytes());
    }
    out.text("integrity_level");
    out.unsignedInteger(token.integrity);
    out.text("pip_type");
    out.unsignedInteger(0);
    out.text("pip_trust");
    out.unsignedInteger(0);
}

void writeTrigger(const access::SecurityDescriptor& descriptor, const access::AuditEvent& event,
                  wire::MsgpackWriter& out) {
    out.mapHeader(2);
    out.text("kind");
    out.text(event.ace ? "sacl" : "policy");
    out.text("ace");
    std::vector<uint8_t> bytes;
    const bool is_shown = event.ace && descriptor.sacl &&
                          *event.ace < descriptor.sacl->aces.size() &&
                          access::appendAce(bytes, descriptor.sacl->aces[*event.ace]).ok() &&
                          bytes.size() <= kAceBytesMax;
    if (is_shown) {
        out.bytes(bytes);
    } else {
        out.nil();
    }
}

void writeProcess(const ProcessName& process, wire::MsgpackWriter& out) {
    out.mapHeader(3);
    out.text("pid");
    out.integer(process.pid);
    out.text("name");
    out.text(process.name);
    out.text("executable_path");
    out.text(process.executable_path);
}

// Names of kernel events may be no text (Ruling K5), and a payload must be.
void writeName(const RecordQuestion& question, wire::MsgpackWriter& out) {
    std::string_view name = question.name;
    if (!base::isUtf8(name)) {
        out.nil();
        return;
    }
    name = name.substr(0, base::wholeCharacters(name, kAuditNameBytesMax));
    out.text(base::cat(access::wordOf(question.kind), ':', name));
}

}  // namespace

ProcessName ownProcessName() {
    ProcessName process{::getpid(), "eventd-queryd", ""};
    std::array<char, PATH_MAX> path{};
    const ssize_t bytes = ::readlink("/proc/self/exe", path.data(), path.size());
    const std::string_view text(path.data(), bytes > 0 ? static_cast<size_t>(bytes) : 0);
    if (base::isUtf8(text)) {
        process.executable_path = text;
    }
    return process;
}

std::vector<uint8_t> auditPayload(const access::Token& token, const RecordQuestion& question,
                                  const access::AuditEvent& event, const ProcessName& process) {
    std::vector<uint8_t> payload;
    wire::MsgpackWriter out(payload);
    out.mapHeader(9);
    out.text("subject");
    writeSubject(token, out);
    out.text("object_context");
    out.bytes(base::asBytes(auditContext(question)));
    out.text("requested_access");
    out.unsignedInteger(event.requested);
    out.text("granted_access");
    out.unsignedInteger(event.granted);
    out.text("success");
    out.boolean(event.success);
    out.text("trigger");
    writeTrigger(question.pattern.descriptor, event, out);
    out.text("process");
    writeProcess(process, out);
    out.text("object_name");
    writeName(question, out);
    out.text("group_count");
    out.unsignedInteger(token.groups.size());
    return payload;
}

}  // namespace evd::queryd
