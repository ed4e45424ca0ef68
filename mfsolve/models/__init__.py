"""Models of the economics of training data: parameters, closed forms, mean fields, simulations."""
