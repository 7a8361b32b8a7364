//! Refusals. Codes and names are part of the wire format (`verifier.json`); add at the end, never renumber.

pub type Result<T> = core::result::Result<T, Error>;

macro_rules! errors {
    ($(#[doc = $message:literal] $name:ident = $code:literal,)*) => {
        /// Why an instruction was refused; the discriminant is the custom program error's code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        pub enum Error { $(#[doc = $message] $name = $code,)* }

        impl Error {
            /// The line that is logged on refusal.
            pub fn log_line(self) -> &'static str {
                match self { $(Error::$name => concat!("VerifierError: ", stringify!($name)),)* }
            }
        }
    };
}

errors! {
    // Instructions and accounts.
    /// The instruction's discriminator is unknown.
    UnknownInstruction = 6000,
    /// The arguments are too short, too long, or a bool is neither 0 nor 1.
    BadArguments = 6001,
    /// The instruction takes another number of accounts.
    AccountCount = 6002,
    /// The same account was passed twice.
    DuplicateAccount = 6003,
    /// The account must sign.
    MissingSigner = 6004,
    /// The account must be writable.
    NotWritable = 6005,
    /// The account is not owned by the verifier program.
    WrongOwner = 6006,
    /// The account is of another type.
    WrongAccountType = 6007,
    /// The signer is not the account's authority.
    WrongAuthority = 6008,
    /// The account is not at the program-derived address of its seeds.
    WrongAddress = 6009,
    /// The bump is not the canonical one.
    BumpNotCanonical = 6010,
    /// The account is not the system program.
    WrongSystemProgram = 6011,
    /// The account exists already.
    AccountExists = 6012,
    /// The account has not yet grown to its full size.
    AccountIncomplete = 6013,
    /// The account has its full size already.
    AccountComplete = 6014,
    /// The size is zero or more than an account can hold.
    SizeOutOfRange = 6015,
    /// The bytes written would lie outside the account.
    WriteOutOfBounds = 6016,
    /// The key is sealed and can never change.
    KeySealed = 6017,
    /// The key is not sealed.
    KeyNotSealed = 6018,
    /// The system program or a sysvar refused.
    SystemCallFailed = 6019,

    // Sealing: the key program as a whole.
    /// The key's bytes do not hash to the key's hash.
    HashMismatch = 6020,
    /// The key program does not start with its magic number.
    BadMagic = 6021,
    /// The key program is shorter than its header says.
    KeyTooShort = 6022,
    /// The key program has trailing bytes.
    KeyTooLong = 6023,
    /// A reserved byte of the key program is not zero.
    ReservedNotZero = 6024,
    /// A count in the key's header is out of range.
    BadCounts = 6025,
    /// The transcript phases are malformed.
    BadPhases = 6026,
    /// The parts do not cover the instances or name more commitments than the first phase has.
    BadParts = 6027,
    /// A constant is not below r.
    BadConstant = 6028,
    /// The key's [s]G2 is not a canonical point of the subgroup.
    SrsPointInvalid = 6029,
    /// A point of the key is not a canonical point of the curve, or it is the identity.
    KeyPointInvalid = 6030,

    // Sealing: the field code.
    /// The field code has an unknown operation.
    UnknownOperation = 6031,
    /// The field code ends without HALT.
    MissingHalt = 6032,
    /// Something other than zero padding follows HALT.
    CodeAfterHalt = 6033,
    /// A slot operand is not a multiple of three.
    MisalignedSlot = 6034,
    /// A slot operand is not below the number of slots.
    SlotOutOfRange = 6035,
    /// A slot is read before it is written.
    ReadBeforeWrite = 6036,
    /// A hint is read before it is bound to a value.
    HintUnchecked = 6037,
    /// RED or INV names a slot that is not an unbound hint.
    NotAHint = 6038,
    /// The field code writes a slot that is not a temporary.
    WriteProtected = 6039,
    /// A value could be longer than the checks allow.
    ValueTooLong = 6042,
    /// A scalar's index is out of range.
    ScalarOutOfRange = 6046,
    /// A scalar is set twice.
    ScalarSetTwice = 6047,
    /// A scalar is never set.
    ScalarUnset = 6048,
    /// An instance is never read.
    InstanceUnread = 6049,
    /// An evaluation is never read.
    EvaluationUnread = 6050,
    /// A hint is never bound to a value.
    HintNeverChecked = 6051,
    /// The quotient's length is not what the field code's longest claim needs.
    BadQuotientLength = 6052,

    // Verification.
    /// The payload is shorter than the key demands.
    PayloadTooShort = 6060,
    /// The payload has trailing bytes.
    PayloadTooLong = 6061,
    /// An instance is not below r.
    InstanceNotCanonical = 6062,
    /// An evaluation is not below r.
    EvaluationNotCanonical = 6063,
    /// A coordinate of a proof point is not below q.
    PointNotCanonical = 6064,
    /// A proof point is the identity.
    PointIsIdentity = 6065,
    /// A proof point is not on the curve.
    PointNotOnCurve = 6066,
    /// A hint, a scalar or the quotient is not what it should be.
    HintWrong = 6067,
    /// The proof is invalid: the pairing check failed.
    ProofInvalid = 6068,

    // Receipts.
    /// A receipt for this context, claimer and statement exists.
    ReceiptExists = 6069,
    /// The receipt was claimed already.
    ReceiptConsumed = 6070,
    /// The receipt belongs to another claimer.
    ClaimerMismatch = 6071,
    /// The receipt was made for another context.
    ContextMismatch = 6072,
    /// The receipt was made with another key.
    KeyMismatch = 6073,
    /// The receipt was made with another SRS.
    SrsMismatch = 6074,
    /// The receipt's input differs.
    InputMismatch = 6075,
    /// The receipt's parameters differ.
    ParamsMismatch = 6076,
    /// The receipt's output differs.
    OutputMismatch = 6077,

    // Payloads and sessions.
    /// The payload's counts of proofs or candidates are out of range.
    BadPayloadCounts = 6078,
    /// The divisors do not single out the first six primes of the candidates.
    ModulusWrong = 6079,
    /// The number of receipts is not the number of proofs.
    ReceiptCount = 6080,
    /// The session was made for another key.
    SessionKeyMismatch = 6081,
    /// The session was made for another payload.
    SessionPayloadMismatch = 6082,
    /// The session's stages are all done.
    SessionComplete = 6083,
    /// The session has not yet passed the pairing check.
    SessionIncomplete = 6084,
    /// An advance takes at least one step.
    NoSteps = 6085,

    // Manifests and traces.
    /// The manifest is sealed and can never change.
    ManifestSealed = 6120,
    /// The manifest is not sealed.
    ManifestNotSealed = 6121,
    /// The manifest is not as long as its counts say.
    ManifestLength = 6122,
    /// The manifest's magic number, class, end rule or reserved bytes are wrong.
    ManifestHead = 6123,
    /// A count in the manifest is out of range.
    ManifestCounts = 6124,
    /// A segment is out of order, or its flags, outputs or edges do not fit its kind.
    ManifestSegment = 6125,
    /// An edge names no producer that it may name, or edges, carried segments or ends are missing.
    ManifestEdge = 6126,
    /// The manifest draws fewer positions or leaves than its class needs.
    TooFewDraws = 6127,
    /// A trace for this context and miner exists.
    TraceExists = 6128,
    /// The prompt or the answer is empty, or longer than the limit or the manifest's cap.
    BadShape = 6129,
    /// The bond is smaller than the manifest's least bond.
    BondTooSmall = 6130,
    /// The trace was committed under another manifest.
    ManifestMismatch = 6131,
    /// The trace is at another step.
    WrongStep = 6132,
    /// The step's deadline has passed.
    DeadlinePassed = 6133,
    /// The step's deadline has not passed.
    DeadlineNotPassed = 6134,
    /// The account is not the slot hashes sysvar.
    WrongSysvar = 6135,
    /// A block that decides the draw does not exist yet.
    DrawTooEarly = 6136,
    /// A block that decides the draw has left the slot hashes.
    SlotEvicted = 6137,
    /// There are not so many draws.
    DrawOutOfRange = 6138,
    /// This draw was attested already.
    AlreadyAttested = 6139,
    /// The drawn leaf's kind or the manifest's class needs another instruction.
    WrongKind = 6140,
    /// The opening is not as long as its leaf needs.
    OpeningLength = 6141,
    /// A segment's leaf is not under the trace's root at its index.
    LeafMismatch = 6142,
    /// A position's leaf is not under the trace's root at its index.
    PositionMismatch = 6143,
    /// A token is not under the trace's root at its index, or not in the vocabulary.
    TokenMismatch = 6144,
    /// An embedding is not under the manifest's root at its token.
    RowMismatch = 6145,
    /// A producer's output is not its consumer's input.
    EdgeMismatch = 6146,
    /// The output is not the sum of the inputs.
    SumMismatch = 6147,
    /// The logits stand for another token.
    WrongToken = 6148,
    /// The answer goes on after the end token, or ends without it and below the limit.
    WrongEnd = 6149,
    /// A drawn leaf or position is not attested.
    TraceNotProved = 6150,
    /// The trace was claimed already.
    TraceClaimed = 6151,
    /// The trace's prompt, answer or limit has another length.
    ShapeMismatch = 6152,
    /// The account is not the incinerator.
    WrongIncinerator = 6153,

    // Executed operations and bound integers.
    /// The account is not sealed constants.
    ConstantsNotSealed = 6154,
    /// The constants end before what is named in them.
    ConstantsTooShort = 6155,
    /// The descriptor names no operation, or a number in it is out of range.
    BadDescriptor = 6156,
    /// The position is not below the operation's.
    PositionOutOfRange = 6157,
    /// An integer leaves the range of its operation.
    ValueOutOfRange = 6158,
    /// The operation gives another result than the one that is opened.
    ResultMismatch = 6159,
    /// The integers or the bases are not those whose binding was begun.
    ValuesMismatch = 6160,
    /// There are not so many integers left to bind.
    ValuesComplete = 6161,

    // Sampled runs.
    /// The manifest draws more leaves of a stratum than it has, or none where it has some, or more or fewer in all.
    ManifestStrata = 6162,
    /// The constants are not those that the segment names.
    ConstantsMismatch = 6163,
    /// Integers are left to bind.
    ValuesIncomplete = 6164,
    /// The integers are bound to other bases than the manifest's, or not from the first one on.
    BasesMismatch = 6165,
    /// A carried digest is not under its position's root at its index.
    CarriedMismatch = 6166,
}

impl Error {
    /// Log the refusal and return the runtime's code for it (custom errors are the plain code).
    #[cold]
    #[inline(never)]
    pub fn refuse(self) -> u64 {
        pinocchio::log::sol_log(self.log_line());
        self as u32 as u64
    }
}
