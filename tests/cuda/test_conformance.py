"""What every model must keep to, on a GPU."""

from __future__ import annotations

import pytest
from sklearn.base import clone

from mixviz.models.base import SteerableEstimator
from tests.models import test_conformance as on_the_processor
from tests.models.test_conformance import (  # noqa: F401 these run here with the models below
    data,
    test_a_published_state_and_its_batch_are_never_written,
    test_a_step_depends_only_on_what_it_is_given,
    test_another_seed_another_result,
    test_extreme_controls_keep_the_state_finite,
    test_same_seed_same_bits,
    test_state_is_frozen_numbers_and_arrays,
)

pytestmark = pytest.mark.usefixtures("fake_gpu")
NAMES = [name for name in on_the_processor.MODELS if name not in ("lda-poisson", "lda-multinomial")]


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def model(name: str, fake_gpu: object) -> SteerableEstimator:
    return clone(on_the_processor.MODELS[name]).set_params(device="cuda")
