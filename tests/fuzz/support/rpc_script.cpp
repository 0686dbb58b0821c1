#include "tests/fuzz/support/rpc_script.h"

#include <algorithm>

namespace evd::test {

namespace rpc = capnp::rpc;
using capnp::schema::Type;

namespace {

capnp::Data::Reader bytesOf(const std::string& value) {
    return {reinterpret_cast<const uint8_t*>(value.data()), value.size()};
}

}  // namespace

void ScriptValues::fill(capnp::DynamicStruct::Builder out, int depth) {
    if (depth > kDepthMax) {
        return;
    }
    const auto schema = out.getSchema();
    const auto choices = schema.getUnionFields();
    if (choices.size() > 0) {
        fillField(out, choices[static_cast<unsigned>(input_.below(choices.size()))], depth);
    }
    for (const auto field : schema.getNonUnionFields()) {
        fillField(out, field, depth);
    }
}

std::string ScriptValues::text() {
    const uint8_t kind = input_.byte();
    if (!words_.empty() && kind < 0xC0) {
        return words_[kind % words_.size()];
    }
    const auto bytes = input_.bytes(kind & 0x3F);
    std::string all(bytes.begin(), bytes.end());
    if (kind >= 0xF8) {
        all.resize(size_t{1} << (kind - 0xF8 + 6), 'x');
    }
    return all;
}

unsigned ScriptValues::listSize() {
    const uint8_t kind = input_.byte();
    return kind < 0xF0 ? kind % 5 : 1U << (kind & 0xF) % 10;
}

capnp::DynamicValue::Reader ScriptValues::scalar(capnp::Type type) {
    switch (type.which()) {
        case Type::BOOL:
            return (input_.byte() & 1) != 0;
        case Type::INT8:
            return static_cast<int8_t>(input_.byte());
        case Type::INT16:
            return static_cast<int16_t>(input_.number());
        case Type::INT32:
            return static_cast<int32_t>(input_.number());
        case Type::INT64:
            return static_cast<int64_t>(input_.number());
        case Type::UINT8:
            return input_.byte();
        case Type::UINT16:
            return static_cast<uint16_t>(input_.number());
        case Type::UINT32:
            return static_cast<uint32_t>(input_.number());
        case Type::UINT64:
            return input_.number();
        case Type::FLOAT32:
        case Type::FLOAT64: {
            const uint64_t bits = input_.number();
            double value = static_cast<double>(bits);
            if (bits > 0xFFFF) {
                std::memcpy(&value, &bits, sizeof(value));
            }
            return value;
        }
        case Type::ENUM:
            return capnp::DynamicEnum(type.asEnum(), static_cast<uint16_t>(input_.number()));
        case Type::VOID:
        case Type::TEXT:
        case Type::DATA:
        case Type::LIST:
        case Type::STRUCT:
        case Type::INTERFACE:
        case Type::ANY_POINTER:
            break;
    }
    return capnp::VOID;
}

void ScriptValues::fillField(capnp::DynamicStruct::Builder out, capnp::StructSchema::Field field,
                             int depth) {
    const auto type = field.getType();
    if (type.isText()) {
        const std::string value = text();
        out.set(field, capnp::Text::Reader(value.c_str(), value.size()));
    } else if (type.isData()) {
        const std::string value = text();
        out.set(field, bytesOf(value));
    } else if (type.isList()) {
        fillList(out.init(field, listSize()).as<capnp::DynamicList>(), type.asList(), depth);
    } else if (type.isStruct()) {
        if (depth < kDepthMax && input_.byte() % 8 != 7) {
            fill(out.init(field).as<capnp::DynamicStruct>(), depth + 1);
        }
    } else if (type.isInterface()) {
        // Which one it is stands in the table of capabilities.
        if (input_.byte() % 8 != 7) {
            out.set(field, capnp::DynamicCapability::Client(
                               capnp::Capability::Client(capnp::newBrokenCap("scripted"))
                                   .castAs<capnp::DynamicCapability>(type.asInterface())));
        }
    } else if (!type.isAnyPointer()) {
        out.set(field, scalar(type));
    }
}

void ScriptValues::fillList(capnp::DynamicList::Builder out, capnp::ListSchema schema, int depth) {
    const auto type = schema.getElementType();
    for (unsigned i = 0; i < out.size() && !input_.isAtEnd(); ++i) {
        if (type.isText()) {
            const std::string value = text();
            out.set(i, capnp::Text::Reader(value.c_str(), value.size()));
        } else if (type.isData()) {
            const std::string value = text();
            out.set(i, bytesOf(value));
        } else if (type.isStruct()) {
            fill(out[i].as<capnp::DynamicStruct>(), depth + 1);
        } else if (!type.isList() && !type.isInterface() && !type.isAnyPointer()) {
            out.set(i, scalar(type));
        }
    }
}

void RpcScript::run(std::span<const uint8_t> bytes) {
    ScriptInput input(bytes);
    for (int i = 0; i < kStepsMax && !input.isAtEnd(); ++i) {
        step(input);
        turn_();
        listen();
    }
}

void RpcScript::step(ScriptInput& input) {
    capnp::MallocMessageBuilder message;
    switch (input.byte() % kSteps) {
        case 0:
            message.initRoot<rpc::Message>().initBootstrap().setQuestionId(next_question_);
            asked_.push_back(next_question_++);
            send(input, message);
            return;
        case 1:
        case 2:
        case 3:
        case 4:
            call(input);
            return;
        case 5:
        case 6:
            answer(input);
            return;
        case 7:
            finishOrRelease(input, /*finishes=*/true);
            return;
        case 8:
            finishOrRelease(input, /*finishes=*/false);
            return;
        case 9:
            resolve(input);
            return;
        case 10:
            disembargo(input);
            return;
        case 11:
            rest(input, message.initRoot<rpc::Message>());
            send(input, message);
            return;
        case 12:
            is_deaf_ = !is_deaf_;
            return;
        case 13:
            is_cut_ = true;
            return;
        case 14:
            is_turned_ = true;
            return;
        case 15:
            peer_.sendBytes(input.byte() % 2 == 0 ? input.rest() : input.bytes(input.byte()));
            return;
    }
}

std::optional<capnp::InterfaceSchema::Method> RpcScript::methodOf(uint64_t interface,
                                                                  uint16_t method) const {
    for (const auto schema : interfaces_) {
        if (schema.getProto().getId() == interface && method < schema.getMethods().size()) {
            return schema.getMethods()[method];
        }
    }
    return std::nullopt;
}

void RpcScript::call(ScriptInput& input) {
    capnp::MallocMessageBuilder message;
    auto call = message.initRoot<rpc::Message>().initCall();
    const uint8_t kind = input.byte();
    call.setQuestionId(kind < 0xF0 ? next_question_++ : static_cast<uint32_t>(input.number()));
    asked_.push_back(call.getQuestionId());
    target(input, call.initTarget());
    const auto interface = interfaces_[input.below(interfaces_.size())];
    const auto methods = interface.getMethods();
    call.setInterfaceId(interface.getProto().getId());
    call.setMethodId(
        static_cast<uint16_t>(input.below(methods.size() + (kind % 16 == 15 ? 9 : 0))));
    const auto method = methodOf(call.getInterfaceId(), call.getMethodId());
    payload(input, call.initParams(),
            method ? std::optional(method->getParamType()) : std::nullopt);
    if (kind % 16 == 14) {
        call.getSendResultsTo().setYourself();
    } else if (kind % 64 == 13) {
        call.getSendResultsTo().initThirdParty();
    }
    send(input, message);
}

// The served end asks clients' sinks and its supervisor; so it is answered what the schema allows.
void RpcScript::answer(ScriptInput& input) {
    capnp::MallocMessageBuilder message;
    auto answer = message.initRoot<rpc::Message>().initReturn();
    Question question{static_cast<uint32_t>(input.below(8))};
    if (!questions_.empty()) {
        const auto at = questions_.begin() + static_cast<ptrdiff_t>(input.below(questions_.size()));
        question = *at;
        questions_.erase(at);
    }
    answer.setAnswerId(question.id);
    answer.setReleaseParamCaps(input.byte() % 2 == 0);
    const auto method = methodOf(question.interface, question.method);
    switch (input.byte() % 8) {
        case 0: {
            auto exception = answer.initException();
            exception.setReason("scripted");
            exception.setType(static_cast<rpc::Exception::Type>(input.byte() % 5));
            break;
        }
        case 1:
            answer.setCanceled();
            break;
        case 2:
            answer.setResultsSentElsewhere();
            break;
        case 3:
            answer.setTakeFromOtherQuestion(static_cast<uint32_t>(input.number()));
            break;
        default:
            payload(input, answer.initResults(),
                    method ? std::optional(method->getResultType()) : std::nullopt);
    }
    send(input, message);
}

void RpcScript::finishOrRelease(ScriptInput& input, bool finishes) {
    capnp::MallocMessageBuilder message;
    auto root = message.initRoot<rpc::Message>();
    if (finishes) {
        auto finish = root.initFinish();
        finish.setQuestionId(ofServed(input, asked_));
        finish.setReleaseResultCaps(input.byte() % 2 == 0);
        std::erase(asked_, finish.getQuestionId());
    } else {
        auto release = root.initRelease();
        release.setId(ofServed(input, exports_));
        release.setReferenceCount(static_cast<uint32_t>(input.number()));
    }
    send(input, message);
}

void RpcScript::resolve(ScriptInput& input) {
    capnp::MallocMessageBuilder message;
    auto resolve = message.initRoot<rpc::Message>().initResolve();
    resolve.setPromiseId(static_cast<uint32_t>(input.below(16)));
    if (input.byte() % 4 == 0) {
        resolve.initException().setReason("scripted");
    } else {
        capability(input, resolve.initCap());
    }
    send(input, message);
}

void RpcScript::disembargo(ScriptInput& input) {
    capnp::MallocMessageBuilder message;
    auto disembargo = message.initRoot<rpc::Message>().initDisembargo();
    target(input, disembargo.initTarget());
    auto context = disembargo.getContext();
    switch (input.byte() % 4) {
        case 0:
            context.setSenderLoopback(static_cast<uint32_t>(input.number()));
            break;
        case 1:
            context.setReceiverLoopback(static_cast<uint32_t>(input.number()));
            break;
        case 2:
            context.setAccept();
            break;
        case 3:
            context.setProvide(static_cast<uint32_t>(input.number()));
            break;
    }
    send(input, message);
}

// What nobody of ours ever says.
void RpcScript::rest(ScriptInput& input, rpc::Message::Builder message) {
    switch (input.byte() % 6) {
        case 0:
            message.initProvide().setQuestionId(next_question_++);
            break;
        case 1:
            message.initAccept().setQuestionId(next_question_++);
            break;
        case 2:
            target(input, message.initJoin().initTarget());
            break;
        case 3:
            message.initUnimplemented().initReturn().setAnswerId(
                static_cast<uint32_t>(input.below(8)));
            break;
        case 4:
            message.initUnimplemented().initResolve().initCap().setSenderHosted(
                static_cast<uint32_t>(input.below(8)));
            break;
        case 5:
            message.initAbort().setReason("scripted");
            break;
    }
}

uint32_t RpcScript::ofServed(ScriptInput& input, const std::vector<uint32_t>& known) {
    const uint64_t choice = input.number();
    return known.empty() || choice > 0xEF ? static_cast<uint32_t>(choice)
                                          : known[choice % known.size()];
}

void RpcScript::target(ScriptInput& input, rpc::MessageTarget::Builder out) {
    if (input.byte() % 4 == 0 && !asked_.empty()) {
        promised(input, out.initPromisedAnswer());
    } else {
        out.setImportedCap(ofServed(input, exports_));
    }
}

void RpcScript::promised(ScriptInput& input, rpc::PromisedAnswer::Builder out) {
    out.setQuestionId(ofServed(input, asked_));
    auto transform = out.initTransform(static_cast<unsigned>(input.byte() % 3));
    for (auto op : transform) {
        op.setGetPointerField(static_cast<uint16_t>(input.byte() % 3));
    }
}

void RpcScript::capability(ScriptInput& input, rpc::CapDescriptor::Builder out) {
    const uint8_t kind = input.byte();
    const auto id = static_cast<uint32_t>(input.below(16));
    switch (kind % 8) {
        case 0:
            out.setNone();
            break;
        case 1:
            out.setSenderPromise(id);
            break;
        case 2:
            out.setReceiverHosted(ofServed(input, exports_));
            break;
        case 3:
            promised(input, out.initReceiverAnswer());
            break;
        case 4:
            out.initThirdPartyHosted().setVineId(id);
            break;
        default:
            out.setSenderHosted(id);
    }
    out.setAttachedFd(kind < 0x80 ? uint8_t{0} : kind);
}

void RpcScript::payload(ScriptInput& input, rpc::Payload::Builder out,
                        std::optional<capnp::StructSchema> schema) {
    capnp::BuilderCapabilityTable table;
    if (schema) {
        ScriptValues values(input, words_);
        values.fill(table.imbue(out.getContent()).initAs<capnp::DynamicStruct>(*schema));
    }
    const auto named = static_cast<unsigned>(table.getTable().size());
    const uint8_t kind = input.byte();
    for (auto descriptor : out.initCapTable(kind < 0xF0 ? named : named + kind % 16)) {
        capability(input, descriptor);
    }
}

void RpcScript::send(ScriptInput& input, capnp::MessageBuilder& message) {
    const auto words = capnp::messageToFlatArray(message);
    const auto bytes = words.asBytes();
    std::vector<uint8_t> all(bytes.begin(), bytes.end());
    if (std::exchange(is_turned_, false)) {
        all[input.number() % all.size()] ^= static_cast<uint8_t>(1U << (input.byte() % 8));
    }
    if (std::exchange(is_cut_, false)) {
        all.resize(input.number() % all.size());
    }
    peer_.sendBytes(all);
}

void RpcScript::listen() {
    if (is_deaf_) {
        return;
    }
    peer_.read();
    peer_.forEachReceived([this](rpc::Message::Reader message) {
        const auto note = [this](rpc::Payload::Reader payload) {
            for (const auto descriptor : payload.getCapTable()) {
                if (descriptor.isSenderHosted()) {
                    exports_.push_back(descriptor.getSenderHosted());
                }
            }
        };
        if (message.isReturn() && message.getReturn().isResults()) {
            note(message.getReturn().getResults());
        } else if (message.isCall()) {
            const auto call = message.getCall();
            questions_.push_back({call.getQuestionId(), call.getInterfaceId(), call.getMethodId()});
            note(call.getParams());
        } else if (message.isBootstrap()) {
            questions_.push_back({message.getBootstrap().getQuestionId(), 0, 0});
        }
    });
}

}  // namespace evd::test
