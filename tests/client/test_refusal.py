"""A failed transaction is a name, whatever layer refused it."""

import pytest
from mai.chain.refusal import refusal

CASES = [
    (
        ["Program log: VerifierError: ClaimerMismatch", "Program X failed: custom program error: 0x1771"],
        "ClaimerMismatch",
    ),
    (
        ["Program log: WorkAlreadySettled: this work was paid before", "Program X failed: SBF program panicked"],
        "WorkAlreadySettled",
    ),
    (["Program log: panicked at programs/mai/src/dot/x.rs:1:2:", "Program log: TaskExpired: too late"], "TaskExpired"),
    (
        [
            "Program log: AnchorError caused by account: miner. Error Code: AccountNotInitialized. Error Number: 3012. "
            "Error Message: The program expected this account to be already initialized."
        ],
        "AccountNotInitialized",
    ),
    (["Transfer: insufficient lamports 1, need 2", "Program X failed: custom program error: 0x1"], "InsufficientFunds"),
    (["Program X failed: exceeded CUs meter at BPF instruction"], "ComputeBudgetExceeded"),
    (["Allocate: account Address { address: X } already in use"], "AccountInUse"),
    (["Program X failed: something new"], "TransactionFailed"),
]


@pytest.mark.parametrize(("logs", "name"), CASES, ids=[name for _, name in CASES])
def test_logs_become_a_name(logs: list[str], name: str) -> None:
    assert refusal("InstructionError(0, Custom(1))", logs, {}).name == name


def test_the_interface_explains_the_name() -> None:
    error = refusal(
        "", ["Program log: VerifierError: ClaimerMismatch"], {"ClaimerMismatch": "another claimer's receipt"}
    )
    assert str(error) == "ClaimerMismatch: another claimer's receipt"


def test_a_log_of_a_caller_does_not_hide_the_verifier() -> None:
    logs = [
        "Program log: Instruction: Settle",
        "Program log: VerifierError: ReceiptConsumed",
        "Program M failed: custom",
    ]
    assert refusal("", logs, {}).name == "ReceiptConsumed"
