#pragma once

#include "tests/support/raw_rpc_peer.h"

#include <capnp/capability.h>
#include <capnp/dynamic.h>
#include <capnp/rpc.capnp.h>
#include <capnp/schema.h>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace evd::test {

// A fuzzer's input, read as numbers and strings; where it ends, there are zeros.
class ScriptInput {
  public:
    explicit ScriptInput(std::span<const uint8_t> bytes) : bytes_(bytes) {}

    bool isAtEnd() const { return at_ >= bytes_.size(); }
    uint8_t byte() { return isAtEnd() ? uint8_t{0} : bytes_[at_++]; }
    // Small ones are far more likely to mean something.
    uint64_t number() {
        const uint8_t first = byte();
        if (first < 0xF0) {
            return first;
        }
        uint64_t value = 0;
        for (int i = 0; i < (first & 7) + 1; ++i) {
            value = (value << 8) | byte();
        }
        return value;
    }
    uint64_t below(uint64_t bound) { return bound == 0 ? 0 : number() % bound; }
    std::span<const uint8_t> bytes(size_t count) {
        const size_t taken = std::min(count, bytes_.size() - std::min(at_, bytes_.size()));
        const auto part = bytes_.subspan(std::min(at_, bytes_.size()), taken);
        at_ += taken;
        return part;
    }
    std::span<const uint8_t> rest() { return bytes(bytes_.size()); }

  private:
    std::span<const uint8_t> bytes_;
    size_t at_ = 0;
};

// Values for every field of a struct, out of the input: what the schema allows, and little more
// sense than that.
class ScriptValues {
  public:
    // Strings that mean something to the served end, of which texts and bytes are often one.
    ScriptValues(ScriptInput& input, const std::vector<std::string>& words)
        : input_(input), words_(words) {}

    void fill(capnp::DynamicStruct::Builder out, int depth = 0);

  private:
    static constexpr int kDepthMax = 8;

    void fillField(capnp::DynamicStruct::Builder out, capnp::StructSchema::Field field, int depth);
    void fillList(capnp::DynamicList::Builder out, capnp::ListSchema schema, int depth);
    capnp::DynamicValue::Reader scalar(capnp::Type type);
    std::string text();
    unsigned listSize();

    ScriptInput& input_;
    const std::vector<std::string>& words_;
};

// Plays a peer of a Cap'n Proto connection that does as a fuzzer's input says: calls with any
// values of any method, on what the served end exports and on what is only promised; answers to the
// served end's own calls; capabilities dropped, resolved and handed over that were never there; and
// any of these cut short or with a bit turned over, or plain bytes.
//
// It listens to what comes back, so that it can name what is really there. Bounded: kStepsMax
// steps, after each of which `turn` lets the served end work.
class RpcScript {
  public:
    RpcScript(RawRpcPeer& peer, std::vector<capnp::InterfaceSchema> interfaces,
              const std::vector<std::string>& words, std::function<void()> turn)
        : peer_(peer), interfaces_(std::move(interfaces)), words_(words), turn_(std::move(turn)) {}

    void run(std::span<const uint8_t> bytes);

    static constexpr int kStepsMax = 96;
    static constexpr int kSteps = 16;  // kinds of them

  private:
    struct Question {  // of the served end
        uint32_t id = 0;
        uint64_t interface = 0;
        uint16_t method = 0;
    };

    void step(ScriptInput& input);
    void call(ScriptInput& input);
    void answer(ScriptInput& input);
    void finishOrRelease(ScriptInput& input, bool finishes);
    void resolve(ScriptInput& input);
    void disembargo(ScriptInput& input);
    void rest(ScriptInput& input, capnp::rpc::Message::Builder message);
    void target(ScriptInput& input, capnp::rpc::MessageTarget::Builder out);
    void promised(ScriptInput& input, capnp::rpc::PromisedAnswer::Builder out);
    void capability(ScriptInput& input, capnp::rpc::CapDescriptor::Builder out);
    void payload(ScriptInput& input, capnp::rpc::Payload::Builder out,
                 std::optional<capnp::StructSchema> schema);
    std::optional<capnp::InterfaceSchema::Method> methodOf(uint64_t interface,
                                                           uint16_t method) const;
    void send(ScriptInput& input, capnp::MessageBuilder& message);
    void listen();
    uint32_t ofServed(ScriptInput& input, const std::vector<uint32_t>& known);

    RawRpcPeer& peer_;
    std::vector<capnp::InterfaceSchema> interfaces_;
    const std::vector<std::string>& words_;
    std::function<void()> turn_;
    uint32_t next_question_ = 0;
    std::vector<uint32_t> asked_;
    std::vector<uint32_t> exports_{0};  // of the served end; the bootstrap is 0
    std::vector<Question> questions_;
    bool is_deaf_ = false;
    bool is_cut_ = false;
    bool is_turned_ = false;
};

}  // namespace evd::test
