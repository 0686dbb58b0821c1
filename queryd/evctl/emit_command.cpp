#include "queryd/evctl/emit_command.h"

#include "common/base/text.h"
#include "queryd/evctl/input.h"
#include "queryd/evctl/json_payload.h"
#include "queryd/evctl/progress.h"

#include <unistd.h>

namespace evd::evctl {

namespace {

base::Result<void> emitStandardInput(kmes::EmitClient& client, const std::string& type) {
    LineEmitter emitter(client, type);
    Progress progress("emitting", ProgressUnit::Bytes, standardInputBytes());
    EVD_TRY(readToEnd(STDIN_FILENO, "standard input", [&](std::string_view piece) {
        progress.add(piece.size());
        const auto added = emitter.add(piece);
        return added ? emitter.flush() : added;
    }));
    return emitter.finish();
}

}  // namespace

base::Result<void> LineEmitter::add(std::string_view bytes) {
    while (!bytes.empty()) {
        const size_t end = bytes.find('\n');
        partial_ += bytes.substr(0, end);
        if (partial_.size() > kEmitLineBytesMax) {
            return atLine(line_ + 1,
                          base::fail(base::ErrorKind::Invalid,
                                     base::cat("longer than ", kEmitLineBytesMax, " bytes")));
        }
        if (end == std::string_view::npos) {
            return {};
        }
        bytes.remove_prefix(end + 1);
        const std::string line = std::move(partial_);
        partial_.clear();
        EVD_TRY(addLine(line));
    }
    return {};
}

base::Result<void> LineEmitter::addLine(std::string_view line) {
    ++line_;
    if (base::trim(line).empty()) {
        return {};
    }
    auto payload = payloadFromJson(line);
    if (!payload.ok()) {
        EVD_TRY(flush());
        return atLine(line_, payload.error());
    }
    pending_.push_back({line_, std::move(payload).value()});
    return pending_.size() < kmes::kEmitBatchEntriesMax ? base::Result<void>() : flush();
}

base::Result<void> LineEmitter::flush() {
    if (pending_.empty()) {
        return {};
    }
    std::vector<kmes::EmitEntry> entries;
    for (const Pending& pending : pending_) {
        entries.push_back({type_, pending.payload});
    }
    const auto outcome = client_.emitBatch(entries);
    emitted_ += outcome.emitted;
    if (outcome.error) {
        const size_t failed = std::min(outcome.emitted, pending_.size() - 1);
        return atLine(pending_[failed].line, *outcome.error);
    }
    pending_.clear();
    return {};
}

base::Result<void> LineEmitter::finish() {
    if (!partial_.empty()) {
        const std::string line = std::move(partial_);
        partial_.clear();
        EVD_TRY(addLine(line));
    }
    return flush();
}

base::Error LineEmitter::atLine(uint64_t line, const base::Error& why) const {
    return base::fail(why.kind, base::cat("line ", line, ": ", why.text, "; ", emitted_,
                                          " events were emitted before it"));
}

base::Result<void> runEmit(const SessionContext& context) {
    const auto& words = context.arguments.words;
    const std::string json = words.size() > 1 ? words[1] : "{}";
    auto client = kmes::connectEmitClient(context.sockets.kmes);
    if (!client.ok()) {
        return nobodyAnswers(context.sockets.kmes, client.error());
    }
    if (json == "-") {
        return emitStandardInput(*client.value(), words[0]);
    }
    const auto payload = payloadFromJson(json);
    if (!payload.ok()) {
        return payload.error();
    }
    return client.value()->emit({words[0], payload.value()});
}

}  // namespace evd::evctl
